import type { ByteReader } from "./byteReader";
import { archiveEnds } from "../errors";

/** A file in an archive. */
export interface Member {
  /** With its folders, as the archive has it. */
  path: string;
  /** To be read before the next member is asked for; what is not read then is passed over. */
  bytes: AsyncGenerator<Uint8Array, void, void>;
}

const CHUNK_LENGTH = 64 * 1024;

/** The next `count` bytes, in chunks. */
export async function* takeBytes(
  reader: ByteReader,
  count: number,
): AsyncGenerator<Uint8Array, void, void> {
  let missing = count;
  while (missing > 0) {
    const chunk = await reader.readSome(Math.min(missing, CHUNK_LENGTH));
    if (chunk === null) throw archiveEnds();
    missing -= chunk.length;
    yield chunk;
  }
}

/** The same bytes; who stops reading them does not end the source, which is passed over then. */
export async function* kept(
  raw: AsyncGenerator<Uint8Array, void, void>,
): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    const next = await raw.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** Reads what is left, so that the reader stands behind it. */
export async function passOver(raw: AsyncGenerator<Uint8Array, void, void>): Promise<void> {
  while ((await raw.next()).done !== true);
}
