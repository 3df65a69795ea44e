import type { FoundHistory, TakeoutRecord, UndatedReason } from "../takeout";
import { cutText } from "../text";

const DAY_MS = 86_400_000;
/** Shorter histories have pauses that mean nothing. */
const MIN_SPAN_DAYS = 56;
const WEEK_DAYS = 7;
/** From here on months are looked at, not weeks. */
const MONTHS_FROM_DAYS = 366;
/** The share of watches without a time that needs no explanation. */
export const TOLERATED_UNDATED = 0.02;
/** Of the weeks or months between the first and the last watch, the share that must have one. */
const EXPECTED_SHARE = 1 / 2;

/** On the page and on the command line: receipts are read on both. */
const HOW_TO_REPLACE =
  "the watches without a time can then be replaced (on the command line, add --replace-undated).";
/** Files that could not be read and are named; the rest are counted. */
const NAMED_FILES = 3;

/** What time the watches of an export cover. */
export class Coverage {
  /** UTC days with a watch, counted from 1970-01-01: some hundreds a year. */
  private readonly days = new Set<number>();
  first: number | null = null;
  last: number | null = null;
  private watches = 0;
  undated = 0;
  /** What one of them has in the place of its time. */
  private stamp: string | null = null;
  /** Watches whose zone's abbreviation could not be settled, and the time of one. */
  private ambiguous = 0;
  private ambiguousStamp: string | null = null;
  private lost = 0;
  private hasHtml = false;
  private readonly unread: string[] = [];

  noteHistory({ format }: FoundHistory): void {
    this.hasHtml ||= format === "html";
  }

  /** @param problem a sentence about a file that could not be read. */
  noteUnread(problem: string): void {
    this.unread.push(problem);
  }

  /** Entries that begin in the file and could not be read. */
  noteLost(entries: number): void {
    this.lost += entries;
  }

  note({ watchedAt, undatedStamp }: TakeoutRecord, undatedReason?: UndatedReason): void {
    this.watches += 1;
    if (watchedAt === null) {
      this.undated += 1;
      if (undatedReason === "ambiguous-zone") {
        this.ambiguous += 1;
        this.ambiguousStamp ??= undatedStamp ?? null;
      } else this.stamp ??= undatedStamp ?? null;
      return;
    }
    this.days.add(Math.floor(watchedAt / DAY_MS));
    if (this.first === null || watchedAt < this.first) this.first = watchedAt;
    if (this.last === null || watchedAt > this.last) this.last = watchedAt;
  }

  /**
   * What a person should know, the most important first.
   *
   * @param isComplete whether the file was read to its end.
   */
  warnings(isComplete: boolean): string[] {
    const warnings = [
      this.zoneWarning(),
      this.undatedWarning(),
      isComplete ? this.emptyWarning() : null,
      ...this.unreadWarnings(),
      this.lostWarning(),
      this.gapWarning(),
    ];
    return warnings.filter((warning) => warning !== null);
  }

  private emptyWarning(): string | null {
    if (this.watches > 0) return null;
    return (
      "No watch is in the file. If the account has a history, ask Takeout for it again: YouTube and " +
      "YouTube Music, with “history” chosen."
    );
  }

  private unreadWarnings(): string[] {
    const rest = this.unread.length - NAMED_FILES;
    const more = rest === 1 ? "1 more file" : `${rest} more files`;
    return [
      ...this.unread.slice(0, NAMED_FILES),
      ...(rest > 0 ? [`${more} could not be read.`] : []),
    ];
  }

  private lostWarning(): string | null {
    if (this.lost === 0) return null;
    const entries = this.lost === 1 ? "1 entry begins" : `${this.lost} entries begin`;
    return (
      `${entries} in the file and could not be read: the page is damaged or was changed. Ask Takeout ` +
      "for it again, as JSON if you can."
    );
  }

  private undatedWarning(): string | null {
    const undated = this.undated - this.ambiguous;
    if (undated <= this.watches * TOLERATED_UNDATED) return null;
    const ask = this.hasHtml
      ? "Ask Takeout for the history as JSON, whose times are exact"
      : "Takeout writes an exact time for every watch: ask for the history again, as JSON";
    return (
      `${undated} of ${this.watches} watches have no time that could be read${example(this.stamp)}: ` +
      `they are kept without one. ${ask}, and import it: ${HOW_TO_REPLACE}`
    );
  }

  private zoneWarning(): string | null {
    if (this.ambiguous === 0) return null;
    const watches =
      this.ambiguous === 1 ? "1 watch names its" : `${this.ambiguous} watches name their`;
    return (
      `${watches} time zone by letters that stand for several zones of the world, or for none that ` +
      `is known${example(this.ambiguousStamp)}, and your own zone does not have them: they are kept ` +
      "without a time. Choose the account's time zone (on the command line, --time-zone) and import " +
      `the file again, or ask Takeout for the history as JSON: ${HOW_TO_REPLACE}`
    );
  }

  /**
   * What to tell where the watches cover far less time than the first and the last suggest: less
   * than half of the weeks between them, or of the months where they are a year apart.
   */
  private gapWarning(): string | null {
    const days = [...this.days].sort((a, b) => a - b);
    const firstDay = days[0];
    const lastDay = days.at(-1);
    if (firstDay === undefined || lastDay === undefined) return null;
    if (lastDay - firstDay < MIN_SPAN_DAYS) return null;
    const unit = lastDay - firstDay < MONTHS_FROM_DAYS ? WEEKS : MONTHS;
    const covered = new Set(days.map(unit.indexOf)).size;
    const span = unit.indexOf(lastDay) - unit.indexOf(firstDay) + 1;
    if (covered >= span * EXPECTED_SHARE) return null;
    return describe(days, `${covered} of the ${span} ${unit.name}`);
  }
}

function example(stamp: string | null): string {
  return stamp === null ? "" : `, for example “${cutText(stamp, 100)}”`;
}

const WEEKS = { name: "weeks", indexOf: (day: number) => Math.floor(day / WEEK_DAYS) };
const MONTHS = {
  name: "months",
  indexOf: (day: number) => {
    const date = new Date(day * DAY_MS);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  },
};

function describe(days: readonly number[], share: string): string {
  const gap = longestGap(days);
  return (
    `The watches are from ${dateOf(days[0]!)} to ${dateOf(days.at(-1)!)}, but only ${share} ` +
    `between have any; there is none between ${dateOf(gap.from)} and ${dateOf(gap.to)}. ` +
    "Unless that was a pause, the export is incomplete: ask Takeout for it again."
  );
}

function longestGap(days: readonly number[]): { from: number; to: number } {
  let longest = { from: days[0]!, to: days[0]! };
  days.slice(1).forEach((to, index) => {
    const from = days[index]!;
    if (to - from > longest.to - longest.from) longest = { from, to };
  });
  return longest;
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
