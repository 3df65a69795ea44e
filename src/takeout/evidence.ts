/** What an entry says about the file it is in. */
export type Evidence =
  /** Found in watch histories only. */
  | "watch-history"
  /** Found in other lists of activity. */
  | "other-activity"
  /** Found in several. */
  | "shared"
  /** Found in no export of activity. */
  | "foreign";

/** Entries that tell, after which a file of an archive is taken or passed over. */
const TELLING_ENTRIES = 20;
/** My Activity lists searches and watches together, and may begin with hundreds of searches. */
const TELLING_OTHERS = 5_000;

/** Entries of a file that are held, at most, until a watch is among them. */
export const MAX_HELD_ENTRIES = TELLING_OTHERS;

/** What the entries of a file read so far say of it. */
export class EvidenceCount {
  private readonly counts: Record<Evidence, number> = {
    "watch-history": 0,
    "other-activity": 0,
    shared: 0,
    foreign: 0,
  };

  note(evidence: Evidence): void {
    this.counts[evidence] += 1;
  }

  get entries(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  get hasWatch(): boolean {
    return this.counts["watch-history"] > 0;
  }

  /**
   * Whether a file that a person chose may be a history. An empty list is one without entries; ads
   * alone are found in search histories as well.
   */
  get isPlausible(): boolean {
    if (this.entries === 0 || this.hasWatch) return true;
    return this.counts.shared > 0 && this.counts["other-activity"] === 0;
  }

  /** Whether a file of an archive, where others are likelier, is a history. */
  get isLikely(): boolean {
    const { "watch-history": watches, foreign } = this.counts;
    return watches > 0 && watches >= foreign;
  }

  /** Whether enough was read to say so. */
  get isTelling(): boolean {
    const { "watch-history": watches, "other-activity": others, foreign } = this.counts;
    return watches + foreign >= TELLING_ENTRIES || others >= TELLING_OTHERS;
  }
}
