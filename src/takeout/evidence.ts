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

/** Entries whose evidence is looked at before a file of an archive is taken or passed over. */
const TELLING_ENTRIES = 20;

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

  /**
   * Whether a file that a person chose may be a history. An empty list is one without entries; ads
   * alone are found in search histories as well.
   */
  get isPlausible(): boolean {
    if (this.entries === 0 || this.counts["watch-history"] > 0) return true;
    return this.counts.shared > 0 && this.counts["other-activity"] === 0;
  }

  /** Whether a file of an archive, where others are likelier, is mostly a history. */
  get isLikely(): boolean {
    const { "watch-history": watches, "other-activity": others, foreign } = this.counts;
    return watches > 0 && watches >= others + foreign;
  }

  /** Whether enough was read to say so. */
  get isTelling(): boolean {
    return this.entries - this.counts.shared >= TELLING_ENTRIES;
  }
}
