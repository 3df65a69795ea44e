import { httpUrlOf, readActivity, skipped, textOf, type ReadEntry } from "../activity";
import { MAX_TELLING_TITLES, type EntryReader } from "../lookAhead";
import type { ParseOptions } from "../types";
import { TitleReader } from "../wordings";
import type { HtmlBlock, HtmlLine } from "./htmlBlocks";
import { HtmlTimes } from "./htmlTimes";

/** Longer lines of a caption are Google's explanations, which may speak of ads, too. */
const MAX_DETAIL = 60;
/** Where a day may be a month, the days after the twelfth tell; they are within this many watches. */
const MAX_TELLING_STAMPS = 5_000;

/** Reads the entries of one HTML export. */
export class HtmlEntries implements EntryReader<HtmlBlock> {
  private readonly titles = new TitleReader();
  private readonly times: HtmlTimes;

  constructor(private readonly options: ParseOptions) {
    this.times = new HtmlTimes(options.timeZone);
  }

  isSettledAfter(entries: number): boolean {
    const { titles, times } = this;
    if (!titles.isSettled && entries < MAX_TELLING_TITLES) return false;
    return times.isSettled || entries >= MAX_TELLING_STAMPS;
  }

  notice(block: HtmlBlock): void {
    const { title, time } = factsOf(block);
    if (title !== null) this.titles.notice(title);
    if (time !== null) this.times.notice(time);
  }

  read(block: HtmlBlock): ReadEntry {
    if (block.isTooLarge) return skipped("too-large", "shared");
    const { time, ...facts } = factsOf(block);
    const watchTime = (now: number | undefined) => this.times.read(time, now);
    return readActivity({ ...facts, watchTime }, this.titles, this.options);
  }
}

function factsOf({ header, body, caption }: HtmlBlock) {
  const [first, ...rest] = body.filter(({ text }) => text.trim() !== "");
  const lines = caption.map(textOf).filter((line) => line !== null);
  const link = first?.links[0];
  const channel = rest.find(({ links }) => links.length > 0)?.links[0];
  return {
    header: textOf(header),
    products: lines.slice(0, 2),
    title: first === undefined ? null : textOf(first.text),
    videoTitle: link === undefined ? null : textOf(link.text),
    url: link === undefined ? null : textOf(link.url),
    channel:
      channel === undefined ? null : { title: textOf(channel.text), url: httpUrlOf(channel.url) },
    details: lines.slice(2).filter((line) => line.length <= MAX_DETAIL),
    time: timeOf(rest),
  };
}

/** The last line: others, such as "Watched at 11:42 PM", come before it. */
function timeOf(lines: readonly HtmlLine[]): string | null {
  const plain = lines.filter(({ links }) => links.length === 0);
  return textOf(plain.at(-1)?.text);
}
