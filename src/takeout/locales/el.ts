import type { LocaleWordings } from "./localeWordings";

export const el: LocaleWordings = {
  watched: ["Παρακολουθήσατε το βίντεο {title}"],
  removed: [],
  notVideos: [],
  ads: ["διαφημίσεις"],
  months: "ιαν φεβ μαρ απρ μαΐ|μαϊ|μαι ιουν ιουλ αυγ σεπ οκτ νοε δεκ",
  morning: ["πμ"],
  afternoon: ["μμ"],
};
