import type { LocaleWordings } from "./localeWordings";

export const ko: LocaleWordings = {
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
  morning: ["오전"],
  afternoon: ["오후"],
};
