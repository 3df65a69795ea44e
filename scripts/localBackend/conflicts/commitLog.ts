import type { Hit, ReadSet, Write } from "./readSet";

interface Commit {
  number: number;
  writer: string;
  writes: readonly Write[];
}

/** A transaction that reads from a snapshot. */
export interface Snapshot {
  /** How many commits the snapshot includes. */
  snapshot: number;
  /** What the transaction has read; null if nobody wants to know. */
  reads: ReadSet | null;
}

/** The commits that transactions with an open snapshot can conflict with. */
export class CommitLog {
  private commits: Commit[] = [];
  private count = 0;
  private readonly open = new Set<Snapshot>();

  /** Takes a snapshot for a transaction, to be released when the transaction ends. */
  takeSnapshot<T extends Omit<Snapshot, "snapshot">>(transaction: T): T & Snapshot {
    const taken = { ...transaction, snapshot: this.count };
    this.open.add(taken);
    return taken;
  }

  /** Forgets a snapshot, and the commits that no other one needs. */
  release(snapshot: Snapshot): void {
    this.open.delete(snapshot);
    let oldest = this.count;
    for (const { snapshot: number } of this.open) oldest = Math.min(oldest, number);
    if ((this.commits[0]?.number ?? Infinity) > oldest) return;
    this.commits = this.commits.filter(({ number }) => number > oldest);
  }

  add(writes: readonly Write[], writer: string): void {
    this.count += 1;
    if (this.open.size > 0) this.commits.push({ number: this.count, writer, writes });
  }

  /** The first write since a transaction's snapshot that changed something it read. */
  findConflict({ snapshot, reads }: Snapshot): (Hit & { writer: string }) | null {
    for (const { number, writer, writes } of this.commits) {
      if (number <= snapshot) continue;
      for (const write of writes) {
        const hit = reads?.hitBy(write) ?? null;
        if (hit !== null) return { ...hit, writer };
      }
    }
    return null;
  }
}
