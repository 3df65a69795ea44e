import { JSONParser } from "@streamparser/json";
import { boundedElements } from "./boundedElements";

/** How reading ended: after the closing bracket, before it, or at something that is no JSON. */
export type JsonEnd = { kind: "complete" } | { kind: "truncated" } | { kind: "broken" };

/**
 * The elements of a top-level JSON array, those that end in one piece of text at a time (an await
 * for each would take longer than the parsing); those before a break are all yielded. An element too
 * long to be a watch is `TOO_LARGE` instead.
 */
export async function* readJsonElements(
  pieces: AsyncIterable<string>,
): AsyncGenerator<unknown[], JsonEnd, void> {
  const parser = new JSONParser({ paths: ["$.*"], keepStack: false });
  let elements: unknown[] = [];
  parser.onValue = ({ value }) => elements.push(value);
  for await (const piece of boundedElements(pieces)) {
    const isBroken = !canWrite(parser, piece);
    yield elements;
    elements = [];
    if (isBroken) return { kind: "broken" };
  }
  return { kind: parser.isEnded ? "complete" : "truncated" };
}

/** The parser's own message speaks of tokens and states: not for the person with the file. */
function canWrite(parser: JSONParser, piece: string): boolean {
  try {
    parser.write(piece);
    return true;
  } catch {
    return false;
  }
}
