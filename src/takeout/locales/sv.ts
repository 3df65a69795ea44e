import type { LocaleWordings } from "./localeWordings";

export const sv: LocaleWordings = {
  watched: ["Tittade på {title}"],
  removed: [],
  notVideos: [],
  ads: ["annonser"],
  months: "jan feb mars apr maj juni juli aug sep okt nov dec",
};
