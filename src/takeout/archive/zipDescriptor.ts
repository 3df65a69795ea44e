import type { ByteReader } from "./byteReader";
import { archiveEnds } from "../errors";

export const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const FIRST_BYTE = DESCRIPTOR_SIGNATURE & 0xff;
/** Checksum, two sizes of four bytes, or of eight; a signature before them, where there is one. */
const SHORT_LENGTH = 12;
const LONG_LENGTH = 20;
const SIGNATURE_LENGTH = 4;
/** A descriptor and the signature of what follows it. */
const LOOK_AHEAD = SIGNATURE_LENGTH + LONG_LENGTH + SIGNATURE_LENGTH;
const WINDOW = 64 * 1024;

/**
 * The bytes of a member whose header does not tell how many there are: up to the descriptor behind
 * them, which is read as well. Signatures may occur in any data, so the size it names must be that
 * of the bytes before it, and a header must follow.
 */
export async function* bytesUntilDescriptor(
  reader: ByteReader,
): AsyncGenerator<Uint8Array, void, void> {
  let length = 0;
  for (;;) {
    const window = await reader.peek(WINDOW);
    if (window.length === 0) throw archiveEnds();
    const isLast = window.length < WINDOW;
    // What may be the beginning of a descriptor stays for the next look.
    const certain = isLast ? window.length : window.length - LOOK_AHEAD;
    const found = findDescriptor(window, certain, length);
    const end = found?.position ?? certain;
    const bytes = await reader.read(end);
    length += end;
    if (bytes !== null && end > 0) yield bytes;
    if (found !== null) {
      await reader.read(found.length);
      return;
    }
  }
}

/**
 * @param end where to look no further.
 * @param before bytes of the member before the window.
 */
function findDescriptor(
  window: Uint8Array,
  end: number,
  before: number,
): { position: number; length: number } | null {
  const view = new DataView(window.buffer, window.byteOffset, window.byteLength);
  for (
    let mark = window.indexOf(FIRST_BYTE);
    mark !== -1 && mark + SIGNATURE_LENGTH <= window.length;
    mark = window.indexOf(FIRST_BYTE, mark + 1)
  ) {
    const found = descriptorAt(view, mark, before);
    if (found !== null && found.position < end) return found;
  }
  return null;
}

/** What a mark belongs to: the descriptor's signature, or the header behind one that has none. */
function descriptorAt(view: DataView, mark: number, before: number) {
  const signature = view.getUint32(mark, true);
  for (const length of [SHORT_LENGTH, LONG_LENGTH]) {
    const isSigned = signature === DESCRIPTOR_SIGNATURE;
    const sizes = isSigned ? mark + SIGNATURE_LENGTH : mark - length;
    const isFollowed = isSigned ? isHeaderAt(view, sizes + length) : isHeader(signature);
    if (!isFollowed || sizes < 0 || sizes + 8 > view.byteLength) continue;
    const position = isSigned ? mark : sizes;
    if (view.getUint32(sizes + 4, true) !== (before + position) % 2 ** 32) continue;
    return { position, length: sizes + length - position };
  }
  return null;
}

/** Whether there is one, or the archive was cut off before it. */
function isHeaderAt(view: DataView, position: number): boolean {
  return position + 4 > view.byteLength || isHeader(view.getUint32(position, true));
}

function isHeader(signature: number): boolean {
  return signature === LOCAL_SIGNATURE || signature === CENTRAL_SIGNATURE;
}
