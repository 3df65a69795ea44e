import { TakeoutError, WHAT_IS_READ } from "./errors";
import { detectFormat, type Format } from "./format";
import { readHtmlBlocks, type HtmlBlock, type HtmlEnd } from "./html/htmlBlocks";
import { readHtmlEntry } from "./html/htmlEntry";
import { readJsonElements, type JsonEnd } from "./json/jsonElements";
import { readJsonEntry } from "./json/jsonEntry";
import type { Evidence, ReadEntry } from "./activity";
import { readText } from "./text";
import type { ParsedEntry, ParseOptions, TakeoutSource } from "./types";
import { TitleReader } from "./wordings";

/**
 * The entries of a Takeout watch history, in the file's order, each as a record or with the reason
 * why it is none. The format is told by the content.
 *
 * The file is read as a stream: what is held does not grow with it, and leaving the loop cancels the
 * source. Text is not shortened: a title too long for the backend is refused there, and counted.
 *
 * ```ts
 * for await (const entry of parseTakeout(file.stream(), { now: Date.now() })) {
 *   if ("record" in entry) records.push(entry.record);
 * }
 * ```
 *
 * @throws TakeoutError where the file is no watch history or ends early; every entry before the
 *   break has been yielded by then. What the source throws passes through.
 */
export async function* parseTakeout(
  source: TakeoutSource,
  options: ParseOptions = {},
): AsyncGenerator<ParsedEntry, void, void> {
  const text = readText(source);
  try {
    const { format, pieces } = await detectFormat(text);
    refuseUnread(format);
    const parse = format.kind === "html" ? parseHtml : parseJson;
    for await (const batch of parse(pieces, options)) {
      for (const entry of batch) yield entry;
    }
  } finally {
    await text.return();
  }
}

function refuseUnread(format: Format): void {
  switch (format.kind) {
    case "json-array":
    case "html":
      return;
    case "empty":
      throw new TakeoutError("EMPTY_FILE", `The file is empty; ${WHAT_IS_READ}.`, 0);
    case "archive":
      throw new TakeoutError(
        "UNSUPPORTED_FORMAT",
        `The file is an archive, not the history in it: unpack it first; ${WHAT_IS_READ}.`,
        0,
      );
    case "json-object":
      throw new TakeoutError(
        "NOT_WATCH_HISTORY",
        `The file begins with a JSON object, and a watch history is a list; ${WHAT_IS_READ}.`,
        0,
      );
    case "unknown":
      throw new TakeoutError(
        "INVALID_JSON",
        `The file is not JSON (it begins with ${format.beginning}); ${WHAT_IS_READ}.`,
        0,
      );
  }
}

/** What the entries read so far say of the file. */
type Seen = Record<Evidence, number>;

function parseJson(pieces: AsyncIterable<string>, options: ParseOptions) {
  const titles = new TitleReader();
  const read = (element: unknown) => readJsonEntry(element, titles, options);
  return readAll(readJsonElements(pieces), read, refuseBroken);
}

function parseHtml(pieces: AsyncIterable<string>, options: ParseOptions) {
  const titles = new TitleReader();
  const read = (block: HtmlBlock) => readHtmlEntry(block, titles, options);
  return readAll(readHtmlBlocks(pieces), read, refuseBrokenHtml);
}

/** The entries of a file, batch by batch; refuses it at its end where it is broken or foreign. */
async function* readAll<Unit, End>(
  batches: AsyncGenerator<Unit[], End, void>,
  read: (unit: Unit) => ReadEntry,
  refuse: (end: End, entriesRead: number) => void,
): AsyncGenerator<ParsedEntry[], void, void> {
  const seen = nothingSeen();
  for (;;) {
    const next = await batches.next();
    if (next.done === true) {
      refuse(next.value, entriesOf(seen));
      break;
    }
    yield note(next.value.map(read), seen);
  }
  refuseForeign(seen);
}

function nothingSeen(): Seen {
  return { "watch-history": 0, "other-activity": 0, shared: 0, foreign: 0 };
}

function note(entries: readonly ReadEntry[], seen: Seen): ParsedEntry[] {
  for (const { evidence } of entries) seen[evidence] += 1;
  return entries.map(({ parsed }) => parsed);
}

function refuseBrokenHtml({ kind, isActivity }: HtmlEnd, entriesRead: number): void {
  if (!isActivity) {
    throw new TakeoutError(
      "NOT_WATCH_HISTORY",
      `The file is a web page, but none of Google's activity pages; ${WHAT_IS_READ}.`,
      entriesRead,
    );
  }
  if (kind === "truncated") {
    throw new TakeoutError(
      "TRUNCATED_FILE",
      `The file ends in the middle of the page, after ${countOf(entriesRead)}: it is not complete, download or copy it again.`,
      entriesRead,
    );
  }
}

function refuseBroken(end: JsonEnd, entriesRead: number): void {
  if (end.kind === "truncated") {
    throw new TakeoutError(
      "TRUNCATED_FILE",
      `The file ends in the middle of the list, after ${countOf(entriesRead)}: it is not complete, download or copy it again.`,
      entriesRead,
    );
  }
  if (end.kind === "broken") {
    throw new TakeoutError(
      "INVALID_JSON",
      `The file stops being JSON after ${countOf(entriesRead)}: it is damaged, download or copy it again.`,
      entriesRead,
    );
  }
}

/** An empty list is a history without entries; ads alone are found in search histories as well. */
function refuseForeign(seen: Readonly<Seen>): void {
  const entriesRead = entriesOf(seen);
  if (entriesRead === 0 || seen["watch-history"] > 0) return;
  if (seen.shared > 0 && seen["other-activity"] === 0) return;
  throw new TakeoutError(
    "NOT_WATCH_HISTORY",
    `No watch is in the list of ${countOf(entriesRead)}; ${WHAT_IS_READ}.`,
    entriesRead,
  );
}

function entriesOf(seen: Readonly<Seen>): number {
  return Object.values(seen).reduce((sum, count) => sum + count, 0);
}

function countOf(entries: number): string {
  return entries === 1 ? "1 entry" : `${entries} entries`;
}
