export type TakeoutErrorCode =
  /** No characters but blanks. */
  | "EMPTY_FILE"
  /** An archive of a kind that is known, but not read. */
  | "UNSUPPORTED_FORMAT"
  /** A zip, gzip or tar whose bytes are not what they must be. */
  | "DAMAGED_ARCHIVE"
  /** Not JSON from its first character, or broken in the middle. */
  | "INVALID_JSON"
  /** Ends inside the list, the page or the archive, as a broken download does. */
  | "TRUNCATED_FILE"
  /** Readable, but of something else. */
  | "NOT_WATCH_HISTORY";

/** What Takeout must be asked for; the end of messages about a wrong file. */
export const WHAT_IS_READ =
  'it must be the watch history of Takeout ("YouTube and YouTube Music", history as HTML or JSON: watch-history.html or .json, or the .zip it came in)';

/**
 * A file that is no readable watch history. The message is one line for the person who chose it:
 * what was wrong, what is read.
 */
export class TakeoutError extends Error {
  override name = "TakeoutError";

  constructor(
    readonly code: TakeoutErrorCode,
    message: string,
    /** Entries yielded before the error; they stand. */
    readonly entriesRead: number,
  ) {
    super(message);
  }
}

/** A TakeoutError in the making: where it is found nobody knows how many entries were yielded. */
export class UnreadableFile extends Error {
  override name = "UnreadableFile";

  constructor(
    readonly code: TakeoutErrorCode,
    /** The message; `read` is the number of entries yielded, as "12 entries". */
    private readonly describe: (read: string) => string,
  ) {
    super(code);
  }

  /** The same, of one file among several, after as many of its own entries. */
  of(path: string, entriesRead: number): UnreadableFile {
    const { message } = this.after(entriesRead);
    return new UnreadableFile(this.code, () => `${path}: ${message}`);
  }

  after(entriesRead: number): TakeoutError {
    const read = entriesRead === 1 ? "1 entry" : `${entriesRead} entries`;
    return new TakeoutError(this.code, this.describe(read), entriesRead);
  }
}

/** The archive itself is broken: nothing that follows in it can be found. */
export class UnreadableArchive extends UnreadableFile {}

/** A file that ends before its end. */
export function endsInside(what: "list" | "page"): UnreadableFile {
  return new UnreadableFile("TRUNCATED_FILE", (read) => describeEnd(what, read));
}

/** An archive that ends before its end. */
export function archiveEnds(): UnreadableArchive {
  return new UnreadableArchive("TRUNCATED_FILE", (read) => describeEnd("archive", read));
}

/** An archive whose structure is not what its format asks for: nothing after it can be found. */
export function archiveIsDamaged(): UnreadableArchive {
  return new UnreadableArchive("DAMAGED_ARCHIVE", describeDamage);
}

/** An archive of a kind that is known, but not read. */
export function archiveIsUnread(kind: string): UnreadableArchive {
  return new UnreadableArchive(
    "UNSUPPORTED_FORMAT",
    () =>
      `The file is a ${kind} archive, which is not read here. Unpack it and choose the ` +
      "watch-history.html or watch-history.json in it, or the folder.",
  );
}

/** A file in an archive whose compressed bytes make no sense; others may. */
export function fileIsDamaged(): UnreadableFile {
  return new UnreadableFile("DAMAGED_ARCHIVE", describeDamage);
}

function describeDamage(read: string): string {
  return `The archive is damaged after ${read}: download or copy it again.`;
}

function describeEnd(what: string, read: string): string {
  return `The file ends in the middle of the ${what}, after ${read}: it is not complete, download or copy it again.`;
}
