import type { ByteReader } from "./byteReader";
import { archiveEnds } from "../errors";

export const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const FIRST_BYTE = DESCRIPTOR_SIGNATURE & 0xff;
/** Signature, checksum, two sizes of four bytes, or of eight. */
const SHORT_LENGTH = 16;
const LONG_LENGTH = 24;
/** A descriptor and the signature of what follows it. */
const LOOK_AHEAD = LONG_LENGTH + 4;
const WINDOW = 64 * 1024;

/**
 * The bytes of a member whose header does not tell how many there are: up to the descriptor behind
 * them, which is read as well. Its signature may occur in any data, so the size it names must be
 * that of the bytes before it, and a header must follow.
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
  let position = window.indexOf(FIRST_BYTE);
  while (position !== -1 && position < end && position + SHORT_LENGTH <= window.length) {
    if (isDescriptor(view, position, before + position)) {
      return { position, length: lengthOf(view, position) };
    }
    position = window.indexOf(FIRST_BYTE, position + 1);
  }
  return null;
}

function isDescriptor(view: DataView, position: number, size: number): boolean {
  if (view.getUint32(position, true) !== DESCRIPTOR_SIGNATURE) return false;
  if (view.getUint32(position + 8, true) !== size % 2 ** 32) return false;
  return isHeaderAt(view, position + SHORT_LENGTH) || isHeaderAt(view, position + LONG_LENGTH);
}

/** Both forms begin alike: the signature of what follows tells which it is. */
function lengthOf(view: DataView, position: number): number {
  return isHeaderAt(view, position + SHORT_LENGTH) ? SHORT_LENGTH : LONG_LENGTH;
}

/** Whether there is one, or the archive was cut off before it. */
function isHeaderAt(view: DataView, position: number): boolean {
  if (position + 4 > view.byteLength) return true;
  const signature = view.getUint32(position, true);
  return signature === LOCAL_SIGNATURE || signature === CENTRAL_SIGNATURE;
}
