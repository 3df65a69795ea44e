/** Pieces handed on are at most this long, whatever the source delivers: memory stays flat. */
const MAX_PIECE_LENGTH = 64 * 1024;
/** Enough bytes to tell an encoding. */
const ENCODING_PREFIX_BYTES = 2;

/**
 * Text or bytes as text, in pieces. They may end inside a surrogate pair where the source is text;
 * parsers put the halves together.
 *
 * Bytes are UTF-8 or UTF-16 of either order. Invalid ones become U+FFFD: a title with a damaged
 * letter is better than a lost import.
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
  let decoder: TextDecoder | null = null;
  let head = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (typeof chunk === "string") {
      yield chunk;
    } else if (decoder !== null) {
      yield decoder.decode(chunk, { stream: true });
    } else {
      head = concatenate(head, chunk);
      if (head.length < ENCODING_PREFIX_BYTES) continue;
      decoder = new TextDecoder(encodingOf(head));
      yield decoder.decode(head, { stream: true });
    }
  }
  yield decoder === null ? new TextDecoder().decode(head) : decoder.decode();
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
