import {
  httpUrlOf,
  readActivity,
  skipped,
  textOf,
  type Activity,
  type ReadEntry,
} from "../activity";
import type { HtmlBlock, HtmlLine } from "./htmlBlocks";
import type { HtmlTimes } from "./htmlTimes";
import type { ParseOptions } from "../types";
import type { TitleReader } from "../wordings";

/** Longer lines of a caption are Google's explanations, which may speak of ads, too. */
const MAX_DETAIL = 60;

/** One block of an HTML export as a record, or why it is none. */
export function readHtmlEntry(
  block: HtmlBlock,
  titles: TitleReader,
  times: HtmlTimes,
  options: ParseOptions,
): ReadEntry {
  if (block.isTooLarge) return skipped("too-large", "shared");
  return readActivity(activityOf(block, times), titles, options);
}

function activityOf({ header, body, caption }: HtmlBlock, times: HtmlTimes): Activity {
  const [first, ...rest] = body.filter(({ text }) => text.trim() !== "");
  const lines = caption.map(textOf).filter((line) => line !== null);
  const link = first?.links[0];
  const channel = rest.find(({ links }) => links.length > 0)?.links[0];
  const time = timeOf(rest);
  return {
    header: textOf(header),
    products: lines.slice(0, 2),
    title: first === undefined ? null : textOf(first.text),
    videoTitle: link === undefined ? null : textOf(link.text),
    url: link === undefined ? null : textOf(link.url),
    channel:
      channel === undefined ? null : { title: textOf(channel.text), url: httpUrlOf(channel.url) },
    details: lines.slice(2).filter((line) => line.length <= MAX_DETAIL),
    watchTime: (now) => times.read(time, now),
  };
}

/** The last line: others, such as "Watched at 11:42 PM", come before it. */
function timeOf(lines: readonly HtmlLine[]): string | null {
  const plain = lines.filter(({ links }) => links.length === 0);
  return textOf(plain.at(-1)?.text);
}
