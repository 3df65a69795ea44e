/** An entry as Takeout writes it today. */
export interface ActivityEntry {
  header: string;
  title: string;
  titleUrl?: string;
  subtitles?: { name: string; url?: string }[];
  time?: string;
  products: string[];
  details?: { name: string }[];
  activityControls?: string[];
}

/** An entry as Takeout wrote it before 2018. */
export interface LegacyEntry {
  contentDetails: { videoId: string };
  snippet: { title: string; publishedAt: string; channelTitle: string };
}

/** What the list of an export holds; text and null stand for damage. */
export type TakeoutJsonEntry = ActivityEntry | LegacyEntry | string | null;

/** A video of the made-up catalogue; the same video is equal in everything wherever it is drawn. */
export interface Video {
  id: string;
  title: string;
  channel: string;
  channelId: string;
  isMusic: boolean;
  isShort: boolean;
}

/** An ordinary watch. */
export function watchEntry(video: Video, time: string): ActivityEntry {
  return {
    header: video.isMusic ? "YouTube Music" : "YouTube",
    title: `Watched ${video.title}`,
    titleUrl: addressOf(video),
    subtitles: [{ name: video.channel, url: `https://www.youtube.com/channel/${video.channelId}` }],
    time,
    products: ["YouTube"],
    activityControls: ["YouTube watch history"],
  };
}

export function adEntry(video: Video, time: string): ActivityEntry {
  return {
    header: "YouTube",
    title: `Watched New: ${video.channel}, now with ${video.id.slice(0, 2)}`,
    titleUrl: `https://www.youtube.com/watch?v=${video.id}`,
    time,
    products: ["YouTube"],
    details: [{ name: "From Google Ads" }],
    activityControls: ["Web & App Activity", "YouTube watch history", "YouTube search history"],
  };
}

export function removedEntry(time: string): ActivityEntry {
  return bareEntry("Watched a video that has been removed", time);
}

export function privateEntry(video: Video, time: string): ActivityEntry {
  const titleUrl = `https://www.youtube.com/watch?v=${video.id}`;
  return { ...bareEntry(`Watched ${titleUrl}`, time), titleUrl };
}

export function postEntry(video: Video, time: string): ActivityEntry {
  return {
    ...bareEntry(`Viewed What should ${video.channel} do next?`, time),
    titleUrl: `https://www.youtube.com/post/Ugkx${video.id}`,
    subtitles: [{ name: video.channel, url: `https://www.youtube.com/channel/${video.channelId}` }],
  };
}

export function playableEntry(video: Video, time: string): ActivityEntry {
  return {
    ...bareEntry("Played Stacking Cats", time),
    titleUrl: `https://www.youtube.com/playables/Ugkx${video.id}`,
  };
}

export function surveyEntry(time: string): ActivityEntry {
  return bareEntry("Answered survey question", time);
}

/** What real files hold once in a while; `kind` counts up, and every kind comes in turn. */
export function oddEntry(kind: number, video: Video, time: string): TakeoutJsonEntry {
  const watch = watchEntry({ ...video, isMusic: false }, time);
  const withoutTime = { ...watch };
  delete withoutTime.time;
  const kinds: readonly (() => TakeoutJsonEntry)[] = [
    () => ({ ...watch, time: "an unknown time" }),
    () => withoutTime,
    () => "a line that is no entry",
    () => null,
    () => ({ ...watch, title: `${video.title} angesehen` }),
    () => ({ ...watch, title: `${video.title} を視聴しました` }),
    () => ({ ...watch, title: `Skatījās ${video.title}` }),
    () => ({ ...watch, subtitles: [{ name: video.channel }] }),
    () => ({ ...watch, time: "1971-01-01T00:00:00.000Z" }),
    () => ({
      contentDetails: { videoId: video.id },
      snippet: { title: video.title, publishedAt: time, channelTitle: "The account itself" },
    }),
  ];
  return kinds[kind % kinds.length]!();
}

function bareEntry(title: string, time: string): ActivityEntry {
  return {
    header: "YouTube",
    title,
    time,
    products: ["YouTube"],
    activityControls: ["YouTube watch history"],
  };
}

function addressOf(video: Video): string {
  if (video.isShort) return `https://www.youtube.com/shorts/${video.id}`;
  return `https://${video.isMusic ? "music" : "www"}.youtube.com/watch?v=${video.id}`;
}
