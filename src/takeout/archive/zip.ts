import type { ByteReader } from "./byteReader";
import { archiveEnds, archiveIsDamaged, UnreadableFile } from "../errors";
import { inflate } from "./inflate";
import { kept, passOver, takeBytes, type Member } from "./member";
import { bytesUntilDescriptor, CENTRAL_SIGNATURE, LOCAL_SIGNATURE } from "./zipDescriptor";

interface Header {
  path: string;
  method: number;
  isEncrypted: boolean;
  /** Bytes in the archive; null where only what follows them tells. */
  size: number | null;
}

/** The end of the directory: all there is in an archive without files. */
const EMPTY_SIGNATURE = 0x06054b50;
const END_SIGNATURES = new Set([CENTRAL_SIGNATURE, EMPTY_SIGNATURE]);
const FIXED_LENGTH = 30;
const ENCRYPTED = 1;
const SIZE_FOLLOWS = 8;
const STORED = 0;
const DEFLATED = 8;
const IN_EXTRA_FIELD = 0xffffffff;
const ZIP64_FIELD = 1;

export function isZip(beginning: Uint8Array): boolean {
  if (beginning.length < 4) return false;
  const signature = viewOf(beginning).getUint32(0, true);
  return signature === LOCAL_SIGNATURE || signature === EMPTY_SIGNATURE;
}

/**
 * The files of a zip, in its order, without a look at the directory at its end: an archive can be
 * read while it comes in, and one that was cut off as far as it goes.
 *
 * Headers are those of PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.9 and 4.5.3.
 *
 * @throws UnreadableArchive where it ends early or is damaged.
 */
export async function* readZip(reader: ByteReader): AsyncGenerator<Member, void, void> {
  for (;;) {
    const start = await reader.peek(4);
    if (start.length < 4) throw archiveEnds();
    const signature = viewOf(start).getUint32(0, true);
    if (END_SIGNATURES.has(signature)) return;
    if (signature !== LOCAL_SIGNATURE) throw archiveIsDamaged();
    const header = await readHeader(reader);
    const raw = rawBytes(header, reader);
    yield { path: header.path, bytes: contentOf(header, raw) };
    await passOver(raw);
  }
}

async function readHeader(reader: ByteReader): Promise<Header> {
  const fixed = viewOf(await required(reader, FIXED_LENGTH));
  const flags = fixed.getUint16(6, true);
  const path = new TextDecoder().decode(await required(reader, fixed.getUint16(26, true)));
  const extra = viewOf(await required(reader, fixed.getUint16(28, true)));
  const size = fixed.getUint32(18, true);
  return {
    path,
    method: fixed.getUint16(8, true),
    isEncrypted: (flags & ENCRYPTED) !== 0,
    size: (flags & SIZE_FOLLOWS) !== 0 ? null : size === IN_EXTRA_FIELD ? sizeIn(extra) : size,
  };
}

/** The compressed size in the ZIP64 field: the second number there, after the size unpacked. */
function sizeIn(extra: DataView): number {
  let position = 0;
  while (position + 4 <= extra.byteLength) {
    const length = extra.getUint16(position + 2, true);
    const isSizes = extra.getUint16(position, true) === ZIP64_FIELD && length >= 16;
    if (isSizes && position + 20 <= extra.byteLength) {
      return Number(extra.getBigUint64(position + 12, true));
    }
    position += 4 + length;
  }
  throw archiveIsDamaged();
}

/** The bytes of a member as they are in the archive; leaves the reader at the next header. */
async function* rawBytes(
  { size }: Header,
  reader: ByteReader,
): AsyncGenerator<Uint8Array, void, void> {
  if (size === null) yield* bytesUntilDescriptor(reader);
  else yield* takeBytes(reader, size);
}

async function* contentOf(
  { method, isEncrypted, path }: Header,
  raw: AsyncGenerator<Uint8Array, void, void>,
): AsyncGenerator<Uint8Array, void, void> {
  if (isEncrypted || (method !== STORED && method !== DEFLATED)) {
    const why = isEncrypted ? "is encrypted" : `is compressed by method ${method}`;
    throw new UnreadableFile(
      "UNSUPPORTED_FORMAT",
      () => `${path} in the archive ${why}, which is not read: unpack it first.`,
    );
  }
  yield* method === STORED ? kept(raw) : inflate(kept(raw));
}

async function required(reader: ByteReader, count: number): Promise<Uint8Array> {
  const bytes = await reader.read(count);
  if (bytes === null) throw archiveEnds();
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
