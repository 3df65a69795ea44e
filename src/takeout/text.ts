/** Pieces handed on are at most this long, whatever the source delivers: memory stays flat. */
const MAX_PIECE_LENGTH = 64 * 1024;
/** Enough bytes to tell an encoding. */
const ENCODING_PREFIX_BYTES = 2;

/**
 * Text or bytes as text, in pieces. They may end inside a surrogate pair where the source is text;
 * parsers put the halves together.
 *
 * Bytes are UTF-8 or UTF-16 of either order, or Windows-1252, which some programs save files in.
 * Invalid ones become U+FFFD: a title with a damaged letter is better than a lost import.
 */
export async function* readText(
  chunks: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string, void, void> {
  for await (const text of decode(chunks)) {
    for (let start = 0; start < text.length; start += MAX_PIECE_LENGTH) {
      yield text.slice(start, start + MAX_PIECE_LENGTH);
    }
  }
}

async function* decode(
  chunks: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string, void, void> {
  const decoder = new Decoder();
  for await (const chunk of chunks) {
    yield typeof chunk === "string" ? chunk : decoder.decode(chunk);
  }
  yield decoder.end();
}

/** Finds out how bytes stand for text while it reads them. */
class Decoder {
  private decoder: TextDecoder | null = null;
  private head = new Uint8Array(0);
  /** Whether the text went beyond ASCII, where UTF-8 and Windows-1252 are alike. */
  private isSettled = false;

  decode(chunk: Uint8Array): string {
    if (this.decoder !== null) return this.decodeWith(this.decoder, chunk);
    this.head = concatenate(this.head, chunk);
    if (this.head.length < ENCODING_PREFIX_BYTES) return "";
    this.decoder = new TextDecoder(encodingOf(this.head));
    return this.decodeWith(this.decoder, this.head);
  }

  end(): string {
    return this.decoder === null ? new TextDecoder().decode(this.head) : this.decoder.decode();
  }

  private decodeWith(decoder: TextDecoder, bytes: Uint8Array): string {
    const text = decoder.decode(bytes, { stream: true });
    const isAscii = text.length === bytes.length && !text.includes("\uFFFD");
    if (this.isSettled || isAscii) return text;
    this.isSettled = true;
    if (decoder.encoding !== "utf-8" || !isMostlyInvalid(text)) return text;
    this.decoder = new TextDecoder("windows-1252");
    return this.decoder.decode(bytes, { stream: true });
  }
}

/** Whether more of what is beyond ASCII is no UTF-8 than is. */
function isMostlyInvalid(text: string): boolean {
  const beyondAscii = text.match(/[^\p{ASCII}]/gu) ?? [];
  const invalid = beyondAscii.filter((character) => character === "\uFFFD");
  return 2 * invalid.length > beyondAscii.length;
}

/** By the byte order mark; without one, by the zero beside the first character of JSON or HTML. */
function encodingOf(head: Uint8Array): string {
  const [first, second] = head;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return "utf-8";
}

function concatenate(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}
