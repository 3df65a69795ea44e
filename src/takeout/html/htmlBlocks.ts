import { Tokenizer, type QuoteType, type TokenizerCallbacks } from "htmlparser2";

/** One line of an entry's body: its text, and the links in it. */
export interface HtmlLine {
  text: string;
  links: { text: string; url: string }[];
}

/** One entry of an HTML export, cell by cell. */
export interface HtmlBlock {
  header: string;
  /** What happened, the channel, the time. */
  body: HtmlLine[];
  /** Products and details. */
  caption: string[];
  /** Whether there was more than is here. */
  isTooLarge: boolean;
}

/** How reading ended: after the closing tag of the page, or before it. */
export interface HtmlEnd {
  kind: "complete" | "truncated";
  isActivity: boolean;
  /** Entries that begin in the text, and were not read: there should be none. */
  lost: number;
}

type Cell = "header" | "body" | "caption" | null;

/** Longer entries are not looked at: a watch has hundreds of characters. */
const MAX_ENTRY_CHARACTERS = 1_000_000;
/** Style sheets and scripts before the first entry are a tenth of this. */
const MAX_HEAD = 2_000_000;
/** Entries nest a handful of tags; a page of thousands would keep the parser busy for minutes. */
const MAX_NESTING = 500;
const ENTRY_CLASS = "outer-cell";
/** Titles may hold the class alone: only a tag begins so. */
const BEFORE_CLASS = /<div class=["']$/;
const OPENING_LENGTH = '<div class="outer-cell'.length;

/**
 * The entries of an HTML export, those that end in one piece of text at a time. The file is one
 * line of up to 100 MB; what is held is one entry.
 */
export async function* readHtmlBlocks(
  pieces: AsyncIterable<string>,
): AsyncGenerator<HtmlBlock[], HtmlEnd, void> {
  const reader = new BlockReader();
  let length = 0;
  const openings = new OpeningCount();
  let read = 0;
  for await (const piece of pieces) {
    reader.write(piece);
    openings.add(piece);
    const blocks = reader.take();
    read += blocks.length;
    yield blocks;
    length += piece.length;
    if (reader.isTooDeep || (!reader.isActivity && length > MAX_HEAD)) break;
  }
  reader.end();
  const rest = reader.take();
  yield rest;
  const lost = Math.max(0, openings.count - read - rest.length);
  const kind = reader.isComplete ? "complete" : "truncated";
  return { kind, isActivity: reader.isActivity, lost };
}

/** Counts how entries begin, without the tokenizer. */
class OpeningCount {
  count = 0;
  /** The end of what was added, too short for an opening. */
  private end = "";

  add(piece: string): void {
    this.countIn(this.end + piece.slice(0, OPENING_LENGTH - 1));
    this.countIn(piece);
    this.end = (this.end + piece.slice(1 - OPENING_LENGTH)).slice(1 - OPENING_LENGTH);
  }

  private countIn(text: string): void {
    for (let at = text.indexOf(ENTRY_CLASS); at !== -1; at = text.indexOf(ENTRY_CLASS, at + 1)) {
      const before = text.slice(Math.max(0, at - OPENING_LENGTH), at);
      if (BEFORE_CLASS.test(before)) this.count += 1;
    }
  }
}

/**
 * Puts entries together from the tags of a page, one after the other. It listens to the tokenizer
 * itself, because building an object of attributes for each tag takes half as long as all the rest.
 */
class BlockReader implements TokenizerCallbacks {
  /** Whether the page was closed. */
  isComplete = false;
  /** Whether the page is one of Google's activity pages at all. */
  isActivity = false;
  isTooDeep = false;
  private nesting = 0;
  private done: HtmlBlock[] = [];
  private block: HtmlBlock | null = null;
  private cell: Cell = null;
  /** Open divs within the entry. */
  private depth = 0;
  private link: { text: string; url: string } | null = null;
  private length = 0;
  /** The tag being read, and its attribute. */
  private tag = "";
  private attribute = "";
  private classes = "";
  private address = "";
  /** What the tokenizer may still speak of, and where in the page it begins. */
  private text = "";
  private base = 0;
  private passed = 0;
  private readonly tokenizer = new Tokenizer({ decodeEntities: true }, this);

  write(piece: string): void {
    this.text = this.text.slice(this.passed - this.base) + piece;
    this.base = this.passed;
    this.tokenizer.write(piece);
  }

  end(): void {
    this.tokenizer.end();
  }

  take(): HtmlBlock[] {
    const { done } = this;
    this.done = [];
    return done;
  }

  ontext(start: number, end: number): void {
    this.add(this.slice(start, end));
  }

  ontextentity(codePoint: number, end: number): void {
    this.passed = end;
    this.add(String.fromCodePoint(codePoint));
  }

  onopentagname(start: number, end: number): void {
    this.tag = this.slice(start, end).toLowerCase();
    this.classes = "";
    this.address = "";
  }

  onattribname(start: number, end: number): void {
    this.attribute = this.slice(start, end).toLowerCase();
  }

  onattribdata(start: number, end: number): void {
    this.addToAttribute(this.slice(start, end));
  }

  onattribentity(codePoint: number): void {
    this.addToAttribute(String.fromCodePoint(codePoint));
  }

  onattribend(_quote: QuoteType, end: number): void {
    this.passed = end;
  }

  onopentagend(end: number): void {
    this.passed = end;
    const { tag } = this;
    // "<div<div": a tag that was cut off takes the one behind it into its name.
    if (tag.startsWith("div")) this.openDiv();
    else if (tag === "br") this.newLine();
    else if (tag === "a" && this.block !== null && this.cell === "body") {
      const url = this.hasRoomFor(this.address.length) ? this.address : "";
      this.link = { text: "", url };
      this.block.body.at(-1)?.links.push(this.link);
    }
  }

  onselfclosingtag(end: number): void {
    this.onopentagend(end);
  }

  onclosetag(start: number, end: number): void {
    const name = this.slice(start, end).toLowerCase();
    if (name === "html" || name === "body") this.isComplete = true;
    if (name === "a") this.link = null;
    if (name !== "div") return;
    this.nesting -= 1;
    this.depth -= 1;
    this.cell = null;
    this.link = null;
    if (this.depth === 0) this.finish();
  }

  oncomment(_start: number, end: number): void {
    this.passed = end;
  }

  oncdata(_start: number, end: number): void {
    this.passed = end;
  }

  ondeclaration(_start: number, end: number): void {
    this.passed = end;
  }

  onprocessinginstruction(_start: number, end: number): void {
    this.passed = end;
  }

  onend(): void {
    // What was not closed is not complete.
  }

  private slice(start: number, end: number): string {
    this.passed = end;
    return this.text.slice(start - this.base, end - this.base);
  }

  private addToAttribute(text: string): void {
    if (this.attribute === "class") this.classes += text;
    else if (this.attribute === "href") this.address += text;
  }

  private openDiv(): void {
    const { classes } = this;
    this.nesting += 1;
    this.isTooDeep ||= this.nesting > MAX_NESTING;
    if (classes.includes(ENTRY_CLASS)) {
      this.finish(); // one that was never closed
      this.isActivity = true;
      this.block = {
        header: "",
        body: [{ text: "", links: [] }],
        caption: [""],
        isTooLarge: false,
      };
      this.depth = 0;
      this.length = 0;
    } else if (classes.includes("mdl-grid")) this.isActivity = true;
    this.depth += 1;
    const cell = cellOf(classes);
    if (cell !== null) this.cell = cell;
  }

  private add(text: string): void {
    const { block } = this;
    if (block === null || !this.hasRoomFor(text.length)) return;
    switch (this.cell) {
      case "header":
        block.header += text;
        break;
      case "caption":
        block.caption.push((block.caption.pop() ?? "") + text);
        break;
      case "body":
        block.body[block.body.length - 1]!.text += text;
        if (this.link !== null) this.link.text += text;
        break;
      case null:
    }
  }

  private newLine(): void {
    if (this.block === null || !this.hasRoomFor(1)) return;
    if (this.cell === "body") this.block.body.push({ text: "", links: [] });
    if (this.cell === "caption") this.block.caption.push("");
  }

  /** Whether the entry may go on; one that is too large keeps no more. */
  private hasRoomFor(characters: number): boolean {
    this.length += characters;
    if (this.length <= MAX_ENTRY_CHARACTERS) return true;
    if (this.block !== null) this.block.isTooLarge = true;
    return false;
  }

  private finish(): void {
    if (this.block !== null) this.done.push(this.block);
    this.block = null;
    this.cell = null;
  }
}

function cellOf(classes: string): Cell {
  if (classes.includes("header-cell")) return "header";
  if (!classes.includes("content-cell") || classes.includes("text-right")) return null;
  return classes.includes("caption") ? "caption" : "body";
}
