import type { LocaleWordings } from "./localeWordings";

export const en: LocaleWordings = {
  watched: ["Watched {title}"],
  removed: [
    "Watched a video that has been removed",
    "Watched a video that isn't available anymore",
    "Watched a story that is no longer available",
  ],
  notVideos: [
    "Answered survey question",
    "Voted on {}",
    "Viewed {}",
    "Visited {}",
    "Used {}",
    "Searched for {}",
  ],
  ads: ["Google Ads", "advertising"],
  months: "jan feb mar apr may jun jul aug sep oct nov dec",
  morning: ["am"],
  afternoon: ["pm"],
};
