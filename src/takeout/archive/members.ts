import { archiveIsUnread } from "../errors";
import { ByteReader } from "./byteReader";
import { gunzip } from "./inflate";
import type { Member } from "./member";
import { isTar, readTar, TAR_MARK_LENGTH } from "./tar";
import { isZip, readZip } from "./zip";

/** What a file is by its first bytes: an archive of files, or what it holds itself. */
export type Opened =
  | { kind: "archive"; members: AsyncGenerator<Member, void, void> }
  | { kind: "file"; bytes: AsyncGenerator<Uint8Array, void, void> };

const GZIP_MARK = [0x1f, 0x8b];
/** Archives that people make of their exports, and the programs that open them. */
const UNREAD_ARCHIVES: [name: string, mark: readonly number[]][] = [
  [".7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  [".rar", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
];

/** Opens zip, tar and gzip, which may hold a tar; all else is a file of its own. */
export async function membersOf(reader: ByteReader): Promise<Opened> {
  const beginning = await reader.peek(TAR_MARK_LENGTH);
  if (isZip(beginning)) return { kind: "archive", members: readZip(reader) };
  if (isTar(beginning)) return { kind: "archive", members: readTar(reader) };
  const begins = (mark: readonly number[]) => mark.every((byte, at) => beginning[at] === byte);
  const unread = UNREAD_ARCHIVES.find(([, mark]) => begins(mark));
  if (unread !== undefined) throw archiveIsUnread(unread[0]);
  if (!begins(GZIP_MARK)) return { kind: "file", bytes: reader.rest() };
  const unpacked = new ByteReader(gunzip(reader.rest()));
  const isTarInside = isTar(await unpacked.peek(TAR_MARK_LENGTH));
  return isTarInside
    ? { kind: "archive", members: readTar(unpacked) }
    : { kind: "file", bytes: unpacked.rest() };
}
