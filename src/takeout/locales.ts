/** What exports write in one language of the account. */
export interface LocaleWordings {
  /**
   * Around the title of a watched video; `{title}` stands for it. Blanks next to it that only some
   * exports have are left out here. Of two that fit the first counts, so the one that says more
   * stands first.
   */
  watched: readonly string[];
  /** Whole titles of watches whose video is gone; they stay as they are. */
  removed: readonly string[];
  /** Titles without an address that tell of something else than a watch; `{}` stands for any text. */
  notVideos: readonly string[];
  /** Titles of what else is done with a video, so that its address tells nothing. */
  actions?: readonly string[];
  /** What, beside "Google", names its ads in an entry's details, whatever the case. */
  ads: readonly string[];
}

/**
 * All that the parser knows about the words of a language, from exports in it. A title in a language
 * that is not here stays whole, and the entry is kept. How languages write moments is in
 * html/dateForms.ts.
 */
export const LOCALES: Readonly<Record<string, LocaleWordings>> = {
  en: {
    watched: ["Watched {title}"],
    removed: [
      "Watched a video that has been removed",
      "Watched a video that isn't available anymore",
      "Watched a story that is no longer available",
    ],
    notVideos: [
      "Answered survey question",
      "Voted on {}",
      "Viewed {}",
      "Visited {}",
      "Used {}",
      "Searched for {}",
    ],
    actions: [
      "Liked {}",
      "Disliked {}",
      "Saved {}",
      "Shared {}",
      "Subscribed to {}",
      "Commented on {}",
      "Added {}",
      "Voted on {}",
    ],
    ads: ["Google Ads", "advertising"],
  },
  de: {
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
  },
  fr: {
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
  },
  es: {
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
  },
  it: {
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
  },
  "pt-BR": {
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
  },
  nl: {
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
  },
  pl: {
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
  },
  tr: {
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
  },
  ru: {
    watched: [
      'Просмотрено видео "{title}"',
      "Просмотрено видео «{title}»",
      "Просмотрено видео {title}",
      'Вы посмотрели видео "{title}"',
      "Вы посмотрели видео «{title}»",
      "Вы посмотрели видео {title}",
    ],
    removed: [
      "Просмотрено видео, которое было удалено",
      "Просмотрено удаленное видео",
      "Вы посмотрели видео, которое было удалено",
    ],
    notVideos: [
      "Получен ответ на вопрос опроса",
      "Вы ответили на вопрос",
      "Дан ответ на вопрос",
      "Вы проголосовали {}",
      "Посещено: {}",
      "Вы посетили {}",
      "Вы искали {}",
      "Выполнен поиск {}",
    ],
    ads: ["реклама", "рекламы", "объявления", "объявлений"],
  },
  ja: {
    watched: ["{title}を視聴しました"],
    removed: ["削除された動画を視聴しました", "削除済みの動画を視聴しました"],
    notVideos: [
      "アンケートの質問に回答しました",
      "アンケートに回答しました",
      "{}に投票しました",
      "{}にアクセスしました",
      "{}を閲覧しました",
      "{}を検索しました",
    ],
    ads: ["広告"],
  },
  "zh-CN": {
    watched: ["观看了“{title}”", "观看了{title}", "已观看{title}", "您观看了{title}"],
    removed: ["观看了已移除的视频", "观看了一个已被移除的视频", "已观看一个已移除的视频"],
    notVideos: [
      "回答了调查问题",
      "已回答调查问题",
      "对{}投了票",
      "访问了{}",
      "查看了{}",
      "搜索了{}",
    ],
    ads: ["广告"],
  },
  "zh-TW": {
    watched: ["已觀看「{title}」", "已觀看{title}", "觀看了「{title}」", "觀看了{title}"],
    removed: ["已觀看一部已移除的影片", "觀看了已移除的影片"],
    notVideos: ["已回答問卷調查問題", "回答了問卷調查問題", "已造訪{}", "已查看{}", "已搜尋{}"],
    ads: ["廣告"],
  },
  ko: {
    watched: ["{title}을(를) 시청했습니다.", "{title}을(를) 시청했습니다", "{title}을(를) 시청함"],
    removed: ["삭제된 동영상을 시청함", "삭제된 동영상을 시청했습니다."],
    notVideos: [
      "설문조사 질문에 답변함",
      "설문조사 질문에 답변했습니다.",
      "{}에 투표함",
      "{}을(를) 방문함",
      "{}을(를) 조회함",
      "{}을(를) 검색함",
      "{}을(를) 검색했습니다.",
    ],
    ads: ["광고"],
  },
  bg: {
    watched: ["Гледахте {title}"],
    removed: [],
    notVideos: [],
    ads: ["Реклами"],
  },
  cs: {
    watched: ["Zhlédli jste video {title}"],
    removed: [],
    notVideos: [],
    ads: ["reklam"],
  },
  el: {
    watched: ["Παρακολουθήσατε το βίντεο {title}"],
    removed: [],
    notVideos: [],
    ads: ["διαφημίσεις"],
  },
  fi: {
    watched: ["{title} katsottiin"],
    removed: [],
    notVideos: [],
    ads: ["mainokset"],
  },
  hu: {
    watched: ["Megtekintette a következőt: {title}"],
    removed: [],
    notVideos: [],
    ads: ["hirdetések"],
  },
  nb: {
    watched: ["Så på {title}"],
    removed: [],
    notVideos: [],
    ads: ["annonser"],
  },
  ro: {
    watched: ["Ați vizionat {title}"],
    removed: [],
    notVideos: [],
    ads: ["anunțuri"],
  },
  sv: {
    watched: ["Tittade på {title}"],
    removed: [],
    notVideos: [],
    ads: ["annonser"],
  },
  uk: {
    watched: ["Ви дивилися відео {title}"],
    removed: [],
    notVideos: [],
    ads: ["реклами"],
  },
  da: {
    watched: ["Så {title}"],
    removed: [],
    notVideos: [],
    ads: [],
  },
  ar: {
    watched: ["تمت مشاهدة {title} .", "تمت مشاهدة {title}"],
    removed: [],
    notVideos: [],
    ads: [],
  },
  az: {
    watched: ["{title} izlənildi"],
    removed: [],
    notVideos: [],
    ads: [],
  },
  bn: {
    watched: ["{title} দেখা হয়েছে"],
    removed: [],
    notVideos: [],
    ads: [],
  },
  fil: {
    watched: ["Pinanood ang {title}"],
    removed: [],
    notVideos: [],
    ads: [],
  },
  hi: {
    watched: ["{title} देखा"],
    removed: [],
    notVideos: [],
    ads: [],
  },
  ur: {
    watched: ["{title} دیکھی"],
    removed: [],
    notVideos: [],
    ads: [],
  },
};
