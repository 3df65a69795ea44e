import type { LocaleWordings } from "./localeWordings";

export const zhTW: LocaleWordings = {
  watched: ["已觀看「{title}」", "已觀看{title}", "觀看了「{title}」", "觀看了{title}"],
  removed: ["已觀看一部已移除的影片", "觀看了已移除的影片"],
  notVideos: ["已回答問卷調查問題", "回答了問卷調查問題", "已造訪{}", "已查看{}", "已搜尋{}"],
  ads: ["廣告"],
  morning: ["上午", "凌晨", "清晨", "早上"],
  afternoon: ["下午", "中午", "晚上"],
};
