import { convexTestState } from "../../scripts/localBackend/convexTestState";
import type { Backend } from "./support";

/** What transactions have cost. */
export interface Cost {
  transactions: number;
  bytesRead: number;
  bytesWritten: number;
  documentsRead: number;
  documentsWritten: number;
}

type Metric = Exclude<keyof Cost, "transactions">;
type Metrics = Record<Metric, { used: number }>;

const METRICS = ["bytesRead", "bytesWritten", "documentsRead", "documentsWritten"] as const;

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

  /** Runs what is not to be counted: looks of the test itself, while nothing else runs. */
  async ignoring<T>(look: () => Promise<T>): Promise<T> {
    this.isPaused = true;
    try {
      return await look();
    } finally {
      this.isPaused = false;
    }
  }

  static of(backend: Backend): Meter {
    const meter = new Meter();
    const { transactionManager } = convexTestState(backend);
    // Queries end in a commit as well; what is rolled back has been read all the same.
    const manager = transactionManager as unknown as MeteredManager;
    for (const name of ["commit", "rollback"] as const) {
      const end = manager[name].bind(manager);
      manager[name] = (isNested) => {
        const tracker = isNested ? null : manager.getMetricsTracker();
        if (tracker !== null) meter.note(tracker.getTransactionMetrics());
        return end(isNested);
      };
    }
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

/** As far as it is read here, of convex-test's manager of transactions. */
interface MeteredManager {
  commit: (isNested: boolean) => unknown;
  rollback: (isNested: boolean) => unknown;
  getMetricsTracker: () => { getTransactionMetrics: () => Metrics } | null;
}

function nothing(): Cost {
  return { transactions: 0, bytesRead: 0, bytesWritten: 0, documentsRead: 0, documentsWritten: 0 };
}
