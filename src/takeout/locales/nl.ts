import type { LocaleWordings } from "./localeWordings";

export const nl: LocaleWordings = {
  watched: ["Je hebt naar {title} gekeken", "Je hebt {title} bekeken", "{title} bekeken"],
  removed: [
    "Je hebt naar een video gekeken die is verwijderd",
    "Je hebt een video bekeken die is verwijderd",
    "Een video bekeken die is verwijderd",
  ],
  notVideos: [
    "Enquêtevraag beantwoord",
    "Je hebt een enquêtevraag beantwoord",
    "Je hebt gestemd {}",
    "Je hebt {} bezocht",
    "Je hebt gezocht naar {}",
  ],
  ads: ["advertenties"],
  months: "jan feb mrt|maa apr mei jun jul aug sep okt nov dec",
};
