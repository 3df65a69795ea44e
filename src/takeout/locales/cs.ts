import type { LocaleWordings } from "./localeWordings";

export const cs: LocaleWordings = {
  watched: ["Zhlédli jste video {title}"],
  removed: [],
  notVideos: [],
  ads: ["reklam"],
  months: "led úno bře dub kvě čvn|červn čvc|červe srp zář říj lis pro",
};
