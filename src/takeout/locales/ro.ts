import type { LocaleWordings } from "./localeWordings";

export const ro: LocaleWordings = {
  watched: ["Ați vizionat {title}"],
  removed: [],
  notVideos: [],
  ads: ["anunțuri"],
  months: "ian feb mar apr mai iun iul aug sep oct noi|nov dec",
};
