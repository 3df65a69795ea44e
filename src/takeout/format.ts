/** What a file is, by its first characters. */
export type Format =
  | { kind: "json-array" | "json-object" | "html" | "archive" | "empty" }
  | { kind: "unknown"; beginning: string };

export interface DetectedText {
  format: Format;
  /** The whole text, what was looked at included; blanks before it may be missing. */
  pieces: AsyncIterable<string>;
}

const SHOWN_CHARACTERS = 20;
/** The longest of the marks below. */
const MARK_LENGTH = 4;
/** Zip and gzip, as their first bytes read in UTF-8. */
const ARCHIVE_BEGINNINGS = ["PK\u0003\u0004", "PK\u0005\u0006", "\u001f\uFFFD"];

/** Reads up to the first character that is no blank; a byte order mark is one. */
export async function detectFormat(
  pieces: AsyncGenerator<string, void, void>,
): Promise<DetectedText> {
  let beginning = "";
  // Long enough to tell an archive; blank pieces are passed over.
  while (beginning.length < MARK_LENGTH) {
    const next = await pieces.next();
    if (next.done === true) break;
    beginning = (beginning + next.value).trimStart();
  }
  return { format: formatOf(beginning), pieces: replay([beginning], pieces) };
}

function formatOf(beginning: string): Format {
  if (beginning === "") return { kind: "empty" };
  if (beginning.startsWith("[")) return { kind: "json-array" };
  if (beginning.startsWith("{")) return { kind: "json-object" };
  if (beginning.startsWith("<")) return { kind: "html" };
  if (ARCHIVE_BEGINNINGS.some((mark) => beginning.startsWith(mark))) return { kind: "archive" };
  return { kind: "unknown", beginning: quoted(beginning) };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_CHARACTERS).replace(/[\p{Cc}\uFFFD]/gu, "·"));
}

async function* replay(
  read: readonly string[],
  rest: AsyncIterable<string>,
): AsyncGenerator<string, void, void> {
  yield* read;
  yield* rest;
}
