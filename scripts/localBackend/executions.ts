import { AsyncLocalStorage } from "node:async_hooks";
import type { ReadSet } from "./conflicts/readSet";

/** What is noted while one function runs. */
export interface Execution {
  /** What a live query reads; null for everything else. */
  reads: ReadSet | null;
  /** A cron runs it. */
  isCron: boolean;
  /** Timestamp of the last commit; 0 if nothing was committed. */
  committedAt: bigint;
  /** Where the page of a live query ended the last time: it ends there again. */
  pinnedEnd: string | null;
  /** Where the last page that was read ended. */
  pageEnd: string | null;
  log: (level: string, values: unknown[]) => void;
}

// All backends of a process share these. Node visits every storage that was ever used whenever it
// creates a promise, so one for each backend would slow down all that start later.

/** The execution that the running code belongs to. */
export const executions = new AsyncLocalStorage<Execution>();

/** True within `Engine.withSnapshot`. */
export const snapshots = new AsyncLocalStorage<true>();
