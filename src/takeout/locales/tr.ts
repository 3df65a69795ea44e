import type { LocaleWordings } from "./localeWordings";

export const tr: LocaleWordings = {
  watched: [
    "{title} adlı videoyu izlediniz",
    "{title} videosunu izlediniz",
    "İzlenen video: {title}",
    "{title} izlendi",
  ],
  removed: ["Kaldırılmış bir videoyu izlediniz", "Kaldırılan bir video izlendi"],
  notVideos: [
    "Anket sorusunu yanıtladınız",
    "Anket sorusu yanıtlandı",
    "{} oy verdiniz",
    "{} ziyaret ettiniz",
    "{} aradınız",
  ],
  ads: ["reklamları", "reklamlarından", "reklam"],
  months: "oca şub mar nis may haz tem ağu eyl eki kas ara",
  morning: ["öö"],
  afternoon: ["ös"],
};
