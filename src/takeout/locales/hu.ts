import type { LocaleWordings } from "./localeWordings";

export const hu: LocaleWordings = {
  watched: ["Megtekintette a következőt: {title}"],
  removed: [],
  notVideos: [],
  ads: ["hirdetések"],
  months: "jan febr már ápr máj jún júl aug szept okt nov dec",
};
