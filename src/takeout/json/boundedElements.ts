/** Longer elements are not looked at: a watch has hundreds of characters. */
export const MAX_ELEMENT_CHARACTERS = 1_000_000;

/** What stands in the list where an element was too long. */
export const TOO_LARGE = "\u0000too-large";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * The text of a JSON list with `TOO_LARGE` in the place of every element that is too long, so that
 * the parser, which holds an element until it is whole, never holds more. What is no JSON passes
 * as it is, for the parser to refuse.
 */
export async function* boundedElements(
  pieces: AsyncIterable<string>,
): AsyncGenerator<string, void, void> {
  const bounds = new ElementBounds();
  /** The beginning of an element whose end has not come. */
  let held = "";
  let isTooLarge = false;
  for await (const piece of pieces) {
    const found = bounds.find(piece);
    if (found === null) {
      if (!isTooLarge) held += piece;
      isTooLarge ||= held.length > MAX_ELEMENT_CHARACTERS;
      if (isTooLarge) held = "";
    } else {
      yield isTooLarge ? JSON.stringify(TOO_LARGE) : held + piece.slice(0, found.end);
      yield piece.slice(found.end, found.start);
      held = piece.slice(found.start);
      isTooLarge = false;
    }
  }
  yield held;
}

/** Follows a JSON text just so far as to know where the elements of its list end. */
class ElementBounds {
  private depth = 0;
  private isInString = false;
  private isEscaped = false;

  /** Where in a piece the first element ends and where the last begins; null where none does. */
  find(piece: string): { end: number; start: number } | null {
    let end = -1;
    let start = -1;
    for (let index = 0; index < piece.length; index++) {
      if (!this.isBetween(piece.charCodeAt(index))) continue;
      if (end === -1) end = index;
      start = index + 1;
    }
    return end === -1 ? null : { end, start };
  }

  /** Whether a character stands between elements, or around the list. */
  private isBetween(code: number): boolean {
    if (this.isInString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (code === BACKSLASH) this.isEscaped = true;
      else if (code === QUOTE) this.isInString = false;
      return false;
    }
    switch (code) {
      case QUOTE:
        this.isInString = true;
        return false;
      case 0x5b: // [
      case 0x7b: // {
        this.depth += 1;
        return this.depth === 1;
      case 0x5d: // ]
      case 0x7d: // }
        this.depth -= 1;
        return this.depth <= 0;
      case COMMA:
        return this.depth <= 1;
      default:
        return this.depth <= 0;
    }
  }
}
