import type { LocaleWordings } from "./localeWordings";

export const fi: LocaleWordings = {
  watched: ["{title} katsottiin"],
  removed: [],
  notVideos: [],
  ads: ["mainokset"],
  months: "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
};
