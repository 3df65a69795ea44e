/** What an entry's address leads to. */
export type LinkKind = "video" | "other" | "none";

export interface Link {
  kind: LinkKind;
  /** As the export has it; null where it is no http address. */
  url: string | null;
  videoId: string | null;
  /** Whether it is an address of YouTube at all. */
  isYouTube: boolean;
  isMusic: boolean;
}

const HTTP_URL = /^https?:\/\/[^\p{Cc}]+$/iu;
const VIDEO_ID = /^[A-Za-z0-9_-]{11}$/;
const YOUTUBE_DOMAINS = ["youtube.com", "youtube-nocookie.com", "youtubekids.com", "youtu.be"];
const MUSIC_HOST = "music.youtube.com";
/** Folders whose next part is a video id. */
const VIDEO_FOLDERS = new Set(["shorts", "live", "embed", "v", "e", "watch"]);
/** Pages of YouTube that are no video; what is not listed counts as one, lest a watch be lost. */
const OTHER_PAGES = new Set([
  "",
  "c",
  "channel",
  "feed",
  "hashtag",
  "playables",
  "playlist",
  "post",
  "redirect",
  "results",
  "search",
  "user",
]);

const NO_LINK: Link = { kind: "none", url: null, videoId: null, isYouTube: false, isMusic: false };

/** Whether a text may be linked to: `javascript:` and the like must never become a link. */
export function isHttpUrl(text: string): boolean {
  return HTTP_URL.test(text);
}

/** Whether a text has the form of a video's id. */
export function isVideoId(text: string): boolean {
  return VIDEO_ID.test(text);
}

/** What nearly all addresses look like: to take each of them apart would take long. */
const ORDINARY = /^https:\/\/(www|music)\.youtube\.com\/watch\?v=([A-Za-z0-9_-]{11})$/;

/** What is behind an address; addresses outside YouTube are "other". */
export function readLink(text: string | null): Link {
  const ordinary = text === null ? null : ORDINARY.exec(text);
  if (ordinary !== null) {
    const [url, host, videoId = null] = ordinary;
    return { kind: "video", url, videoId, isYouTube: true, isMusic: host === "music" };
  }
  const url = text !== null && isHttpUrl(text) ? parseUrl(text) : null;
  if (url === null) return NO_LINK;
  const isYouTube = isYouTubeHost(url.hostname);
  const page = isYouTube ? readPage(url) : { kind: "other" as const, videoId: null };
  return { ...page, url: text, isYouTube, isMusic: url.hostname === MUSIC_HOST };
}

function readPage(url: URL): { kind: LinkKind; videoId: string | null } {
  if (url.hostname === "youtu.be") return { kind: "video", videoId: asVideoId(partOf(url, 0)) };
  const page = partOf(url, 0);
  if (OTHER_PAGES.has(page) || page.startsWith("@")) return { kind: "other", videoId: null };
  if (page === "attribution_link") return readAttribution(url);
  const folderId = VIDEO_FOLDERS.has(page) ? asVideoId(partOf(url, 1)) : null;
  return { kind: "video", videoId: folderId ?? asVideoId(url.searchParams.get("v") ?? "") };
}

/** Links shared until about 2018 carry the real address in `u`. */
function readAttribution(url: URL): { kind: LinkKind; videoId: string | null } {
  const target = parseUrl(url.searchParams.get("u") ?? "", url.origin);
  const isVideo = target !== null && partOf(target, 0) === "watch";
  return { kind: "video", videoId: isVideo ? asVideoId(target.searchParams.get("v") ?? "") : null };
}

function isYouTubeHost(host: string): boolean {
  return YOUTUBE_DOMAINS.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

function partOf(url: URL, index: number): string {
  return url.pathname.split("/")[index + 1] ?? "";
}

function asVideoId(text: string): string | null {
  return isVideoId(text) ? text : null;
}

function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
