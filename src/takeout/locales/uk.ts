import type { LocaleWordings } from "./localeWordings";

export const uk: LocaleWordings = {
  watched: ["Ви дивилися відео {title}"],
  removed: [],
  notVideos: [],
  ads: ["реклами"],
  months: "січ лют бер кві трав чер лип сер вер жов лис груд",
};
