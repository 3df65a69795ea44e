import type { LocaleWordings } from "./localeWordings";

export const nb: LocaleWordings = {
  watched: ["Så på {title}"],
  removed: [],
  notVideos: [],
  ads: ["annonser"],
  months: "jan feb mar apr mai jun jul aug sep okt nov des",
};
