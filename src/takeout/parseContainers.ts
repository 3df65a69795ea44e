import type { ReadEntry } from "./activity";
import type { Member } from "./archive/member";
import { UnreadableArchive, UnreadableFile, WHAT_IS_READ } from "./errors";
import { EvidenceCount } from "./evidence";
import { openText } from "./parseText";
import { readText } from "./text";
import type { ParsedEntry, ParseOptions } from "./types";

const ARCHIVE_NAME = /\.(zip|tgz|tar|gz|bz2|xz|7z|rar)$/i;

/** An archive, or one of several files. */
export interface Container {
  /** Of one of several files. */
  path: string | null;
  /** What is in it, or the file itself. */
  members: AsyncIterable<Member>;
}

/**
 * The entries of every watch history in archives and files. Their folders and files have names in
 * the account's language, so what is in a file tells what it is: pictures and tables end at their
 * first bytes, a search history at its first entries. What cannot be read does not keep the others
 * from being read.
 *
 * @throws UnreadableFile at the end, where a history broke off or none was found.
 */
export async function* parseContainers(
  containers: Iterable<Container>,
  options: ParseOptions,
): AsyncGenerator<ParsedEntry[]> {
  const search = new Search(options);
  for (const container of containers) yield* search.lookInto(container);
  search.finish();
}

class Search {
  private histories = 0;
  private files = 0;
  private isFolder = false;
  /** An archive in an archive, as online drives make of several files. */
  private inner: string | null = null;
  /** Why the first history ended early. */
  private broken: UnreadableFile | null = null;
  /** What may have been a history, and could not be looked at. */
  private readonly unread: UnreadableFile[] = [];

  constructor(private readonly options: ParseOptions) {}

  async *lookInto({ path, members }: Container): AsyncGenerator<ParsedEntry[]> {
    this.isFolder ||= path !== null;
    try {
      for await (const member of members) {
        this.files += 1;
        // One of several files was opened itself.
        const isInside = member.path !== path;
        if (isInside && ARCHIVE_NAME.test(member.path)) this.inner ??= member.path;
        if (!(yield* this.lookAt(member))) return;
      }
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      if (path === null) this.broken ??= error;
      else this.unread.push(error.of(path, 0));
    }
  }

  /** @throws UnreadableFile where a history broke off, or there was none. */
  finish(): void {
    const { unread, broken } = this;
    if (broken === null && this.histories === 0) throw unread[0] ?? this.noHistory();
    for (const error of unread) this.options.onUnread?.(error.after(0).message);
    if (broken !== null) throw broken;
  }

  /**
   * The entries of one file, where it is a history: those at its beginning are held until that is
   * known.
   *
   * @returns whether the archive it is in can be read further.
   * @throws UnreadableArchive where the archive broke before it told what the file is.
   */
  private async *lookAt({ path, bytes }: Member): AsyncGenerator<ParsedEntry[], boolean> {
    const { options } = this;
    const candidate = new Candidate();
    try {
      const { format, entries } = await openText(readText(bytes), options);
      candidate.onTaken = () => {
        this.histories += 1;
        options.onHistory?.({ format, path });
      };
      for await (const batch of entries) {
        const known = candidate.add(batch);
        if (known === null) return true;
        yield known;
      }
      if (candidate.isLikely) yield candidate.take();
      return true;
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      if (candidate.isLikely) {
        yield candidate.take();
        this.broken ??= error.of(path, candidate.entries);
        return !(error instanceof UnreadableArchive);
      }
      if (error instanceof UnreadableArchive) throw error;
      if (isOfContainer(error)) this.unread.push(error.of(path, 0));
      return true;
    }
  }

  private noHistory(): UnreadableFile {
    const { files, inner } = this;
    const what = this.isFolder
      ? "No watch history was found"
      : "The archive holds no watch history";
    const count = files === 1 ? "the only file is not one" : `none of ${files} files is one`;
    const advice =
      inner === null
        ? `where Takeout made several archives, take the others; ${WHAT_IS_READ}`
        : `there is another archive in it, ${inner}: unpack it once, and choose what comes out`;
    return new UnreadableFile(
      "NOT_WATCH_HISTORY",
      () => `${what} (${files === 0 ? "it is empty" : count}): ${advice}.`,
    );
  }
}

/** A file that may be a history, and its entries until that is known. */
class Candidate {
  private readonly seen = new EvidenceCount();
  private held: ParsedEntry[] = [];
  private isTaken = false;
  onTaken: () => void = () => undefined;

  get entries(): number {
    return this.seen.entries;
  }

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

/** What kept a file from being looked at, which may have been the history. */
function isOfContainer({ code }: UnreadableFile): boolean {
  return code === "UNSUPPORTED_FORMAT" || code === "DAMAGED_ARCHIVE";
}
