import type { ByteReader } from "./byteReader";
import { archiveEnds, archiveIsDamaged } from "../errors";
import { kept, passOver, takeBytes, type Member } from "./member";

const BLOCK = 512;
/** Where a tar says that it is one. */
const MAGIC_START = 257;
const MAGIC = "ustar";
/** Bytes to look at to tell a tar. */
export const TAR_MARK_LENGTH = MAGIC_START + MAGIC.length;
const FILE_TYPES = new Set(["0", "\0"]);

export function isTar(beginning: Uint8Array): boolean {
  return textIn(beginning, MAGIC_START, MAGIC.length) === MAGIC;
}

/**
 * The files of a tar (POSIX.1-1988 and later), in its order. Long names stand in records of their
 * own, which are passed over: the path of such a file is cut.
 *
 * @throws UnreadableArchive where it ends early or is damaged.
 */
export async function* readTar(reader: ByteReader): AsyncGenerator<Member, void, void> {
  for (;;) {
    const header = await reader.read(BLOCK);
    if (header === null) throw archiveEnds();
    if (header[0] === 0) return; // a block of zeros ends it
    if (!isTar(header)) throw archiveIsDamaged();
    const size = parseInt(textIn(header, 124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0) throw archiveIsDamaged();
    const raw = takeBytes(reader, size);
    const isFile = FILE_TYPES.has(String.fromCharCode(header[156]!));
    if (isFile) yield { path: pathIn(header), bytes: kept(raw) };
    await passOver(raw);
    if ((await reader.read((BLOCK - (size % BLOCK)) % BLOCK)) === null) throw archiveEnds();
  }
}

function pathIn(header: Uint8Array): string {
  const folder = textIn(header, 345, 155);
  const name = textIn(header, 0, 100);
  return folder === "" ? name : `${folder}/${name}`;
}

function textIn(bytes: Uint8Array, start: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(start, start + length)).replace(/\0.*$/s, "");
}
