/** Longer elements are not looked at: a watch has hundreds of characters. */
const MAX_ELEMENT_CHARACTERS = 1_000_000;

/** What stands in the list where an element was too long. */
export const TOO_LARGE = Symbol("too large");

/** How reading ended: after the closing bracket, before it, or at something that is no JSON. */
export interface JsonEnd {
  kind: "complete" | "truncated" | "broken";
}

/**
 * The elements of a JSON list, or of a file with one object a line, those that end in one piece of
 * text at a time (an await for each would take longer than the parsing); those before a break are
 * all yielded. An element too long to be a watch is `TOO_LARGE` instead. Brackets after a complete
 * list do no harm.
 */
export async function* readJsonElements(
  pieces: AsyncIterable<string>,
): AsyncGenerator<unknown[], JsonEnd, void> {
  const reader = new ElementReader();
  for await (const piece of pieces) {
    yield reader.read(piece);
    if (reader.state === "broken") return { kind: "broken" };
  }
  return { kind: reader.state === "outside" ? "complete" : "truncated" };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

type State =
  /** Before the list or object. */
  | "start"
  /** Behind it. */
  | "outside"
  /** Behind the opening bracket. */
  | "first"
  /** Behind an element of a list. */
  | "next"
  /** Behind a comma. */
  | "comma"
  /** In an element of a list. */
  | "element"
  /** In an object outside a list. */
  | "line"
  | "broken";

/** Finds where elements end, and lets `JSON.parse` judge what is between. */
class ElementReader {
  state: State = "start";
  /** What was not passed on yet, from the beginning of an element. */
  private text = "";
  /** One behind the text where an escape goes over its end. */
  private position = 0;
  /** Open brackets and braces within the element. */
  private depth = 0;
  private isInString = false;
  private isTooLarge = false;

  /** The elements that end in a piece. */
  read(piece: string): unknown[] {
    const elements: unknown[] = [];
    let start = 0;
    this.text += piece;
    while (this.position < this.text.length && this.state !== "broken") {
      if (!isWithin(this.state)) {
        this.state = stateAfter(this.state, this.text.charCodeAt(this.position));
        if (isWithin(this.state)) start = this.position;
        else this.position += 1;
      } else if (this.findEnd()) {
        this.finish(this.text.slice(start, this.position), elements);
      }
    }
    this.forget(isWithin(this.state) ? start : this.text.length);
    return elements;
  }

  private finish(text: string, elements: unknown[]): void {
    try {
      elements.push(this.isTooLarge ? TOO_LARGE : JSON.parse(text));
      this.state = this.state === "line" ? "outside" : "next";
    } catch {
      this.state = "broken";
    }
    this.isTooLarge = false;
  }

  private forget(characters: number): void {
    this.isTooLarge ||= this.text.length - characters > MAX_ELEMENT_CHARACTERS;
    const forgotten = this.isTooLarge ? this.text.length : characters;
    this.text = this.text.slice(forgotten);
    this.position -= forgotten;
  }

  /** Goes on to the end of the element or of the text; whether it was the former. */
  private findEnd(): boolean {
    const { text } = this;
    let { position, depth } = this;
    let isEnd = false;
    while (position < text.length && !isEnd) {
      if (this.isInString) {
        position = this.skipString(position);
        isEnd = depth === 0 && !this.isInString;
        continue;
      }
      switch (text.charCodeAt(position)) {
        case QUOTE:
          this.isInString = true;
          break;
        case OPENING_BRACE:
        case OPENING_BRACKET:
          depth += 1;
          break;
        case CLOSING_BRACE:
        case CLOSING_BRACKET:
          depth -= 1;
          isEnd = depth <= 0;
          // The bracket of the list itself ends a number.
          if (depth < 0) position -= 1;
          break;
        case COMMA:
          isEnd = depth === 0;
          if (isEnd) position -= 1;
      }
      position += 1;
    }
    this.position = position;
    this.depth = isEnd ? 0 : depth;
    return isEnd;
  }

  /** Where a string goes on after its closing quote or after the text. */
  private skipString(start: number): number {
    const { text } = this;
    let from = start;
    for (;;) {
      const quote = text.indexOf('"', from);
      const end = quote === -1 ? text.length : quote;
      let escapes = end;
      while (escapes > start && text.charCodeAt(escapes - 1) === BACKSLASH) escapes -= 1;
      const isEscaped = (end - escapes) % 2 === 1;
      if (quote === -1) return isEscaped ? end + 1 : end;
      from = quote + 1;
      if (isEscaped) continue;
      this.isInString = false;
      return from;
    }
  }
}

function isWithin(state: State): boolean {
  return state === "element" || state === "line";
}

/** What a character means that is in no element. */
function stateAfter(state: State, code: number): State {
  switch (code) {
    case 0x20:
    case 0x09:
    case 0x0a:
    case 0x0d:
      return state;
    case COMMA:
      return state === "next" ? "comma" : "broken";
    case CLOSING_BRACKET:
      return state === "start" || state === "comma" ? "broken" : "outside";
    case CLOSING_BRACE:
      return state === "outside" ? state : "broken";
  }
  if (state === "first" || state === "comma") return "element";
  if (state === "next") return "broken";
  if (code === OPENING_BRACKET) return "first";
  return code === OPENING_BRACE ? "line" : "broken";
}
