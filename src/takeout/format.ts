import { cutText } from "../text";

/** What a text is, by its first characters. */
export type Format =
  | { kind: "json-array" | "json-object" | "html" | "empty" }
  | { kind: "unknown"; beginning: string };

export interface DetectedText {
  format: Format;
  /** The whole text, what was looked at included; blanks before it may be missing. */
  pieces: AsyncIterable<string>;
}

const SHOWN_CHARACTERS = 20;

/** Reads up to the first character that is no blank; a byte order mark is one. */
export async function detectFormat(
  pieces: AsyncGenerator<string, void, void>,
): Promise<DetectedText> {
  let beginning = "";
  // Blank pieces are passed over.
  while (beginning.length < SHOWN_CHARACTERS) {
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
  return { kind: "unknown", beginning: quoted(beginning) };
}

function quoted(text: string): string {
  return JSON.stringify(cutText(text, SHOWN_CHARACTERS).replace(/[\p{Cc}\uFFFD]/gu, "·"));
}

async function* replay(
  read: readonly string[],
  rest: AsyncIterable<string>,
): AsyncGenerator<string, void, void> {
  yield* read;
  yield* rest;
}
