import { normalizeText } from "../text";
import { LOCALES } from "./locales";

/** Literal text before and after a place for anything. */
interface Frame {
  locale: string;
  before: string;
  after: string;
}

const ODD_BLANK = /[^\S ]/;
const PLACEHOLDER = /\{(?:title)?\}/;
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "«": "»", "“": "”", "「": "」" };

const WATCHED_FRAMES = framesOf("watched");
const REMOVED_TITLES = new Set(wordingsOf("removed").map(comparable));
const NOT_VIDEO_FRAMES = framesOf("notVideos").filter((frame) => frame.before + frame.after !== "");
const ACTION_FRAMES = framesOf("actions");
const NOT_VIDEO_TITLES = new Set(
  wordingsOf("notVideos")
    .filter((wording) => !PLACEHOLDER.test(wording))
    .map(comparable),
);
const AD_WORDS = [...new Set(wordingsOf("ads").map((word) => word.toLowerCase()))];

/**
 * Takes the words of the export off a title and leaves the video's own.
 *
 * A title may fit two languages ("Watched by all angesehen"). Then the language decides that the
 * last title fitting only one was in, as an account keeps to one; at first, English before others.
 * Make one for each export, and give it the titles in the file's order.
 */
export class TitleReader {
  /** That of the last title that fits only one. */
  private locale: string | null = null;
  /** Whether there was a title in no known wording. */
  private hasUnknown = false;

  /** Whether the file's language is known. */
  get isSettled(): boolean {
    return this.locale !== null;
  }

  /** Lets a title help to find the file's language, before any is read. */
  notice(title: string): void {
    const isKnown = this.unwrap(title) !== null || isRemovedTitle(title) || isNotVideoTitle(title);
    this.hasUnknown ||= !isKnown && !fitsAction(comparable(title), ACTION_FRAMES);
  }

  /** The video's title, or null where no known wording stands around it. */
  unwrap(title: string): string | null {
    const plain = plainBlanks(title);
    const locale = this.locale ?? "en";
    let first: Frame | null = null;
    let ofLocale: Frame | null = null;
    let isInOneLocale = true;
    for (const frame of WATCHED_FRAMES) {
      if (!fits(frame, plain)) continue;
      first ??= frame;
      isInOneLocale &&= frame.locale === first.locale;
      if (frame.locale === locale) ofLocale ??= frame;
    }
    if (first === null) return null;
    if (isInOneLocale) this.locale = first.locale;
    return inside(ofLocale ?? first, title);
  }

  /**
   * Whether a title tells of something else that people do with videos. In a language without
   * wordings, "Liked by nobody" may be a video, unless the format sets the video's own title apart.
   *
   * @param videoTitle the video's own, or null.
   */
  isAction(title: string, videoTitle: string | null): boolean {
    if (videoTitle !== null) {
      return fitsAction(comparable(title.replace(videoTitle, () => "…")), ACTION_FRAMES);
    }
    const { locale, hasUnknown } = this;
    if (locale === null && hasUnknown) return false;
    const frames = ACTION_FRAMES.filter((frame) => locale === null || frame.locale === locale);
    return fitsAction(comparable(title), frames);
  }
}

/** Whether a whole title tells of a watch whose video is gone. */
export function isRemovedTitle(title: string): boolean {
  return REMOVED_TITLES.has(comparable(title));
}

/** Whether the title of an entry without an address tells of something else than a watch. */
export function isNotVideoTitle(title: string): boolean {
  const plain = comparable(title);
  return NOT_VIDEO_TITLES.has(plain) || NOT_VIDEO_FRAMES.some((frame) => fits(frame, plain));
}

/** Whether a detail of an entry says that Google's ads brought it. */
export function isAdDetail(detail: string): boolean {
  const words = comparable(detail).toLowerCase();
  return words.includes("google") && AD_WORDS.some((word) => words.includes(word));
}

function fitsAction(plain: string, frames: readonly Frame[]): boolean {
  return frames.some((frame) => fits(frame, plain) || plain === frame.before.trim());
}

function fits(frame: Frame, plain: string): boolean {
  const length = literalLength(frame);
  if (plain.length <= length) return false;
  if (!plain.startsWith(frame.before) || !plain.endsWith(frame.after)) return false;
  const content = inside(frame, plain);
  return content !== "" && !partsQuotes(frame, content);
}

function inside(frame: Frame, title: string): string {
  return title.slice(frame.before.length, title.length - frame.after.length).trim();
}

/** `"One" and "Two"` is not the quoted title `One" and "Two`. */
function partsQuotes(frame: Frame, content: string): boolean {
  const opening = frame.before.slice(-1);
  const closing = QUOTES[opening];
  if (closing === undefined) return false;
  const position = content.indexOf(closing);
  if (position === -1) return false;
  return opening === closing
    ? position > 0 && content[position - 1] !== " "
    : !content.slice(0, position).includes(opening);
}

function literalLength(frame: Frame): number {
  return frame.before.length + frame.after.length;
}

function framesOf(kind: "watched" | "notVideos" | "actions"): Frame[] {
  return Object.entries(LOCALES).flatMap(([locale, wordings]) =>
    (wordings[kind] ?? [])
      .filter((wording) => PLACEHOLDER.test(wording))
      .map((wording) => {
        const [before = "", after = ""] = wording.normalize("NFC").split(PLACEHOLDER);
        return { locale, before, after };
      }),
  );
}

function wordingsOf(kind: "removed" | "notVideos" | "ads"): string[] {
  return Object.values(LOCALES).flatMap((wordings) => wordings[kind]);
}

function comparable(text: string): string {
  return plainBlanks(normalizeText(text)).replace(/’/g, "'");
}

/** No-break spaces and the like as plain ones, one for one: positions stay. */
function plainBlanks(text: string): string {
  return ODD_BLANK.test(text) ? text.replace(/\s/g, " ") : text;
}
