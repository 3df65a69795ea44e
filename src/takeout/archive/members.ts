import { archiveIsUnread } from "../errors";
import { ByteReader } from "./byteReader";
import { gunzip } from "./inflate";
import type { Member } from "./member";
import { isTar, readTar, TAR_MARK_LENGTH } from "./tar";
import { isZip, readZip } from "./zip";

/** What a file is by its first bytes: an archive of files, or what it holds itself. */
export type Opened =
  | { kind: "archive"; members: ArchiveMembers }
  | { kind: "file"; bytes: AsyncGenerator<Uint8Array, void, void> };

type ArchiveMembers = AsyncGenerator<Member, void, void>;

const GZIP_MARK = [0x1f, 0x8b];
/** Archives that people make of their exports, and the programs that open them. */
const UNREAD_ARCHIVES: [name: string, mark: readonly number[]][] = [
  [".7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  [".rar", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  [".bz2", [0x42, 0x5a, 0x68]],
  [".xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Opens zip, tar and gzip, which may hold one of them; all else is a file of its own. */
export async function membersOf(reader: ByteReader): Promise<Opened> {
  const beginning = await reader.peek(TAR_MARK_LENGTH);
  const members = archiveMembers(reader, beginning);
  if (members !== null) return { kind: "archive", members };
  const begins = (mark: readonly number[]) => mark.every((byte, at) => beginning[at] === byte);
  const unread = UNREAD_ARCHIVES.find(([, mark]) => begins(mark));
  if (unread !== undefined) throw archiveIsUnread(unread[0]);
  if (!begins(GZIP_MARK)) return { kind: "file", bytes: reader.rest() };
  const unpacked = new ByteReader(gunzip(reader.rest()));
  const inside = archiveMembers(unpacked, await unpacked.peek(TAR_MARK_LENGTH));
  return inside === null
    ? { kind: "file", bytes: unpacked.rest() }
    : { kind: "archive", members: inside };
}

function archiveMembers(reader: ByteReader, beginning: Uint8Array): ArchiveMembers | null {
  if (isZip(beginning)) return readZip(reader);
  return isTar(beginning) ? readTar(reader) : null;
}
