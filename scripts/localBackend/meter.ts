import { convexTestState, METRICS, type Metrics, type TestBackend } from "./convexTestState";

/** What transactions have cost. */
export interface Cost {
  transactions: number;
  bytesRead: number;
  bytesWritten: number;
  documentsRead: number;
  documentsWritten: number;
}

/** Sums up what all transactions of a backend cost, those of its components too. */
export class Meter {
  private cost = nothing();
  private isPaused = false;
  /** The most that any single transaction has cost. */
  readonly most: Cost = nothing();

  /** What has been spent since the last call. */
  take(): Cost {
    const { cost } = this;
    this.cost = nothing();
    return cost;
  }

  /** Runs what is not to be counted: looks of whoever measures, while nothing else runs. */
  async ignoring<T>(look: () => Promise<T>): Promise<T> {
    this.isPaused = true;
    try {
      return await look();
    } finally {
      this.isPaused = false;
    }
  }

  static of(backend: TestBackend): Meter {
    const meter = new Meter();
    const { transactionManager } = convexTestState(backend);
    const noteEnd = (isNested: boolean) => {
      const tracker = isNested ? null : transactionManager.getMetricsTracker();
      if (tracker !== null) meter.note(tracker.getTransactionMetrics());
    };
    // Queries end in a commit as well; what is rolled back has been read all the same.
    const commit = transactionManager.commit.bind(transactionManager);
    transactionManager.commit = (isNested) => {
      noteEnd(isNested);
      return commit(isNested);
    };
    const rollback = transactionManager.rollback.bind(transactionManager);
    transactionManager.rollback = (isNested) => {
      noteEnd(isNested);
      rollback(isNested);
    };
    return meter;
  }

  private note(metrics: Metrics): void {
    if (this.isPaused) return;
    this.cost.transactions += 1;
    for (const metric of METRICS) {
      const { used } = metrics[metric];
      this.cost[metric] += used;
      this.most[metric] = Math.max(this.most[metric], used);
    }
  }
}

function nothing(): Cost {
  return { transactions: 0, bytesRead: 0, bytesWritten: 0, documentsRead: 0, documentsWritten: 0 };
}
