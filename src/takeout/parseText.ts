import type { ReadEntry } from "./activity";
import { endsInside, UnreadableFile, WHAT_IS_READ } from "./errors";
import { detectFormat } from "./format";
import { readHtmlBlocks, type HtmlEnd } from "./html/htmlBlocks";
import { HtmlEntries } from "./html/htmlEntry";
import { readJsonElements, type JsonEnd } from "./json/jsonElements";
import { JsonEntries } from "./json/jsonEntry";
import { readEntries } from "./lookAhead";
import type { FoundHistory, ParseOptions } from "./types";

export interface OpenedText {
  format: FoundHistory["format"];
  /** What is in one piece of text at a time. */
  entries: AsyncGenerator<ReadEntry[], void, void>;
}

/**
 * The entries of a JSON or HTML text, told apart by how it begins.
 *
 * @throws UnreadableFile where it is neither, and the entries where it breaks off.
 */
export async function openText(
  text: AsyncGenerator<string, void, void>,
  options: ParseOptions,
): Promise<OpenedText> {
  const { format, pieces } = await detectFormat(text);
  switch (format.kind) {
    case "json-array":
      return { format: "json", entries: parseJson(pieces, options) };
    case "html":
      return { format: "html", entries: parseHtml(pieces, options) };
    case "empty":
      throw new UnreadableFile("EMPTY_FILE", () => `The file is empty; ${WHAT_IS_READ}.`);
    case "json-object":
      return { format: "json", entries: parseLines(pieces, options) };
    case "unknown":
      throw new UnreadableFile(
        "INVALID_JSON",
        () => `The file is not JSON (it begins with ${format.beginning}); ${WHAT_IS_READ}.`,
      );
  }
}

async function* parseJson(pieces: AsyncIterable<string>, options: ParseOptions) {
  const elements = readJsonElements(pieces);
  refuseJsonEnd(yield* readEntries(elements, new JsonEntries(options)));
}

/** Some tools write one entry a line. Other JSON that begins with an object is told apart by them. */
async function* parseLines(
  pieces: AsyncIterable<string>,
  options: ParseOptions,
): AsyncGenerator<ReadEntry[], void, void> {
  let hasWatch = false;
  let problem: UnreadableFile | null = null;
  try {
    for await (const batch of parseJson(pieces, options)) {
      hasWatch ||= batch.some(({ evidence }) => evidence === "watch-history");
      yield batch;
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    problem = error;
  }
  if (!hasWatch) {
    throw new UnreadableFile(
      "NOT_WATCH_HISTORY",
      () => `The file begins with a JSON object, and a watch history is a list; ${WHAT_IS_READ}.`,
    );
  }
  if (problem !== null) throw problem;
}

async function* parseHtml(pieces: AsyncIterable<string>, options: ParseOptions) {
  const end = yield* readEntries(readHtmlBlocks(pieces), new HtmlEntries(options));
  refuseHtmlEnd(end);
  if (end.lost > 0) options.onLost?.(end.lost);
}

function refuseHtmlEnd({ kind, isActivity }: HtmlEnd): void {
  if (!isActivity) {
    throw new UnreadableFile(
      "NOT_WATCH_HISTORY",
      () => `The file is a web page, but none of Google's activity pages; ${WHAT_IS_READ}.`,
    );
  }
  if (kind === "truncated") throw endsInside("page");
}

function refuseJsonEnd({ kind }: JsonEnd): void {
  if (kind === "truncated") throw endsInside("list");
  if (kind === "broken") {
    throw new UnreadableFile(
      "INVALID_JSON",
      (read) =>
        `The file stops being JSON after ${read}: it is damaged, download or copy it again.`,
    );
  }
}
