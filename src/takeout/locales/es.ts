import type { LocaleWordings } from "./localeWordings";

export const es: LocaleWordings = {
  watched: ["Has visto {title}", "Viste {title}"],
  removed: [
    "Has visto un vídeo que se ha eliminado",
    "Has visto un video que se eliminó",
    "Viste un video que se eliminó",
  ],
  notVideos: [
    "Has respondido a una pregunta de una encuesta",
    "Respondiste una pregunta de la encuesta",
    "Has votado {}",
    "Has visitado {}",
    "Has buscado {}",
    "Buscaste {}",
  ],
  ads: ["anuncios", "publicidad"],
  months: "ene feb mar abr may jun jul ago sep|set oct nov dic",
  morning: ["am"],
  afternoon: ["pm"],
};
