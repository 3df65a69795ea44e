import type { LocaleWordings } from "./localeWordings";

export const ja: LocaleWordings = {
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
  morning: ["午前"],
  afternoon: ["午後"],
};
