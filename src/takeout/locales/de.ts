import type { LocaleWordings } from "./localeWordings";

export const de: LocaleWordings = {
  watched: ["{title} angesehen", "Angesehen: {title}"],
  removed: ["Ein Video angesehen, das entfernt wurde"],
  notVideos: [
    "Umfrage beantwortet",
    "Umfragefrage beantwortet",
    "{} abgestimmt",
    "{} aufgerufen",
    "Nach {} gesucht",
  ],
  ads: ["Anzeigen", "Werbung"],
  months: "jan|jän feb mär|mrz apr mai jun jul aug sep okt nov dez",
};
