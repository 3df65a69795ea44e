import type { LocaleWordings } from "./localeWordings";

export const zhCN: LocaleWordings = {
  watched: ["观看了“{title}”", "观看了{title}", "已观看{title}", "您观看了{title}"],
  removed: ["观看了已移除的视频", "观看了一个已被移除的视频", "已观看一个已移除的视频"],
  notVideos: ["回答了调查问题", "已回答调查问题", "对{}投了票", "访问了{}", "查看了{}", "搜索了{}"],
  ads: ["广告"],
  morning: ["上午", "凌晨", "清晨", "早上"],
  afternoon: ["下午", "中午", "晚上"],
};
