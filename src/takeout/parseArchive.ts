import type { ReadEntry } from "./activity";
import type { Member } from "./archive/member";
import { UnreadableArchive, UnreadableFile, WHAT_IS_READ } from "./errors";
import { EvidenceCount } from "./evidence";
import { openText } from "./parseText";
import { readText } from "./text";
import type { ParsedEntry, ParseOptions } from "./types";

const ARCHIVE_NAME = /\.(zip|tgz|tar|gz|7z|rar)$/i;

/**
 * The entries of every watch history in an archive. Its folders and files have names in the
 * account's language, so what is in a file tells what it is: pictures and tables end at their first
 * bytes, a search history at its first entries.
 */
export async function* parseArchive(
  members: AsyncIterable<Member>,
  options: ParseOptions,
): AsyncGenerator<ParsedEntry[]> {
  let histories = 0;
  let files = 0;
  let inner: string | null = null;
  let problem: UnreadableFile | null = null;
  for await (const member of members) {
    files += 1;
    if (ARCHIVE_NAME.test(member.path)) inner ??= member.path;
    try {
      if (yield* parseIfHistory(member, options)) histories += 1;
    } catch (error) {
      if (!isOfOneFile(error)) throw error;
      if (isOfContainer(error)) problem ??= error;
    }
  }
  if (histories === 0) throw problem ?? noHistory(files, inner);
}

/**
 * The entries of one file, where it is a history: those at its beginning are held until that is
 * known.
 *
 * @returns whether it is one.
 * @throws UnreadableArchive where a history breaks off, whatever the reason; UnreadableFile where
 *   another file cannot be read.
 */
async function* parseIfHistory(
  { path, bytes }: Member,
  options: ParseOptions,
): AsyncGenerator<ParsedEntry[], boolean> {
  const { format, entries } = await openText(readText(bytes), options);
  const candidate = new Candidate(() => options.onHistory?.({ format, path }));
  try {
    for await (const batch of entries) {
      const known = candidate.add(batch);
      if (known === null) return false;
      yield known;
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile) || !candidate.isLikely) throw error;
    yield candidate.take();
    throw error.asArchive();
  }
  if (candidate.isLikely) yield candidate.take();
  return candidate.isLikely;
}

/** A file that may be a history, and its entries until that is known. */
class Candidate {
  private readonly seen = new EvidenceCount();
  private held: ParsedEntry[] = [];
  private isTaken = false;

  constructor(private readonly onTaken: () => void) {}

  get isLikely(): boolean {
    return this.isTaken || this.seen.isLikely;
  }

  /** What may be passed on now; null once the file is known to be something else. */
  add(batch: readonly ReadEntry[]): ParsedEntry[] | null {
    for (const { parsed, evidence } of batch) {
      this.held.push(parsed);
      this.seen.note(evidence);
    }
    if (!this.isTaken && !this.seen.isTelling) return [];
    return this.isLikely ? this.take() : null;
  }

  /** What was held. */
  take(): ParsedEntry[] {
    if (!this.isTaken) this.onTaken();
    this.isTaken = true;
    const taken = this.held;
    this.held = [];
    return taken;
  }
}

function isOfOneFile(error: unknown): error is UnreadableFile {
  return error instanceof UnreadableFile && !(error instanceof UnreadableArchive);
}

/** What kept a file from being looked at, which may have been the history. */
function isOfContainer({ code }: UnreadableFile): boolean {
  return code === "UNSUPPORTED_FORMAT" || code === "DAMAGED_ARCHIVE";
}

/** @param inner an archive in it, as online drives make of several files. */
function noHistory(files: number, inner: string | null): UnreadableFile {
  const count = files === 1 ? "its only file is not one" : `none of its ${files} files is one`;
  const advice =
    inner === null
      ? `where Takeout made several archives, take the others; ${WHAT_IS_READ}`
      : `it holds another archive, ${inner}: unpack it once, and choose what comes out`;
  return new UnreadableFile(
    "NOT_WATCH_HISTORY",
    () => `The archive holds no watch history (${files === 0 ? "it is empty" : count}): ${advice}.`,
  );
}
