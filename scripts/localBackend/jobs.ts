import { tableOfId, type Database } from "./convexTestState";

/** Finished scheduled functions are kept this many, then the oldest go. */
const MAX_FINISHED_JOBS = 200;
const JOBS_TABLE = "_scheduled_functions";

/** Keeps the documents of a database's finished scheduled functions from growing without end. */
export class FinishedJobs {
  private readonly ids: string[] = [];

  /** @param forget removes a document without a transaction. */
  constructor(
    private readonly database: Database,
    private readonly forget: (id: string) => void,
  ) {}

  /** To be told of each commit: the ids of the documents it wrote. */
  prune(written: readonly string[]): void {
    for (const id of written) {
      const isJob = tableOfId(id) === JOBS_TABLE;
      if (isJob && isFinished(this.database._documents[id]?.["state"])) this.ids.push(id);
    }
    while (this.ids.length > MAX_FINISHED_JOBS) this.forget(this.ids.shift()!);
  }
}

function isFinished(state: unknown): boolean {
  const { kind } = (state ?? {}) as { kind?: string };
  return kind === "success" || kind === "failed" || kind === "canceled";
}
