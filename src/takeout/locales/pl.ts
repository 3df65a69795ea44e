import type { LocaleWordings } from "./localeWordings";

export const pl: LocaleWordings = {
  watched: ["Obejrzano: {title}", "Obejrzano {title}"],
  removed: ["Obejrzano film, który został usunięty"],
  notVideos: [
    "Odpowiedziano na pytanie ankiety",
    "Udzielono odpowiedzi na pytanie ankiety",
    "Zagłosowano {}",
    "Odwiedzono: {}",
    "Wyświetlono: {}",
    "Wyszukano: {}",
  ],
  ads: ["reklam", "reklamy"],
  months: "sty lut mar kwi maj cze lip sie wrz paź lis gru",
};
