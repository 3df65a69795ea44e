import type { LocaleWordings } from "./localeWordings";

export const ptBR: LocaleWordings = {
  watched: ["Você assistiu a {title}", "Você assistiu {title}", "Assistiu a {title}"],
  removed: [
    "Você assistiu a um vídeo que foi removido",
    "Assistiu a um vídeo que foi removido",
    "Você assistiu um vídeo que foi removido",
  ],
  notVideos: [
    "Você respondeu a uma pergunta da pesquisa",
    "Respondeu à pergunta da pesquisa",
    "Você votou {}",
    "Você visitou {}",
    "Você visualizou {}",
    "Você pesquisou {}",
    "Pesquisou {}",
  ],
  ads: ["anúncios", "publicidade"],
  months: "jan fev mar abr mai jun jul ago set out nov dez",
};
