export type TakeoutErrorCode =
  /** No characters but blanks. */
  | "EMPTY_FILE"
  /** An archive: known, but not read. */
  | "UNSUPPORTED_FORMAT"
  /** Not JSON from its first character, or broken in the middle. */
  | "INVALID_JSON"
  /** Ends inside the list, as a broken download does. */
  | "TRUNCATED_FILE"
  /** JSON, but of something else. */
  | "NOT_WATCH_HISTORY";

/** What Takeout must be asked for; the end of messages about a wrong file. */
export const WHAT_IS_READ =
  'the watch history of Takeout is read ("YouTube and YouTube Music", history as HTML or JSON: watch-history.html or .json)';

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
