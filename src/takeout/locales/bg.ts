import type { LocaleWordings } from "./localeWordings";

export const bg: LocaleWordings = {
  watched: ["Гледахте {title}"],
  removed: [],
  notVideos: [],
  ads: ["Реклами"],
  months: "ян фев мар апр май юни юли авг сеп окт ное дек",
};
