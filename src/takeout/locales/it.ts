import type { LocaleWordings } from "./localeWordings";

export const it: LocaleWordings = {
  watched: ["Hai guardato {title}"],
  removed: ["Hai guardato un video che è stato rimosso"],
  notVideos: [
    "Hai risposto alla domanda del sondaggio",
    "Hai risposto a un sondaggio",
    "Hai votato {}",
    "Hai visitato {}",
    "Hai visualizzato {}",
    "Hai cercato {}",
  ],
  ads: ["annunci", "pubblicitari", "pubblicità"],
  months: "gen feb mar apr mag giu lug ago set ott nov dic",
};
