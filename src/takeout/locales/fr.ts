import type { LocaleWordings } from "./localeWordings";

export const fr: LocaleWordings = {
  watched: ["Vous avez regardé {title}"],
  removed: ["Vous avez regardé une vidéo qui a été supprimée"],
  notVideos: [
    "Vous avez répondu à une question d'enquête",
    "Vous avez répondu à une enquête",
    "Vous avez voté {}",
    "Vous avez consulté {}",
    "Vous avez recherché {}",
  ],
  ads: ["annonces", "publicités", "publicité"],
  months: "janv fév mars avr mai juin juil août|aout sept oct nov déc",
};
