import type { TopChannels } from "../../../src/engine/index";
import { percentageOf } from "./arithmetic";
import { channelsByVideos, channelUrlOf } from "./channels";
import { watchTimeSecondsOf, type Selection } from "./selection";

export function topChannels(selection: Selection): TopChannels {
  return channelsByVideos(selection.filtered)
    .slice(0, 50)
    .map(({ channel, records }) => ({
      channel,
      channelUrl: channelUrlOf(channel, selection.history),
      videos: records.length,
      watchTimeSeconds: watchTimeSecondsOf(records),
      percentage: percentageOf(records.length, selection.filtered.length),
    }));
}
