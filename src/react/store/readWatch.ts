import type { FunctionArgs } from "convex/server";
import type { api } from "../../../convex/_generated/api";
import { isFinal } from "./errors";
import type { Answer } from "./liveQuery";
import { isOfToday, type AnsweredRow, type State } from "./reduce";

/** How one wish for an aggregation was answered, as `telemetry:report` takes it. */
export type ReadSample = FunctionArgs<typeof api.telemetry.report>["samples"][number];

/** What a wish's answer is told from. */
export interface ReadFacts {
  /** The user's flag; null while it is not known. */
  flag: boolean | null;
  row: Answer<AnsweredRow | null>;
  state: State;
  /** Whether the page computes this filter itself, without asking the server. */
  isLocal: boolean;
  /** Epoch milliseconds. */
  now: number;
}

interface Wish {
  at: number;
  /** The server's first reply was no answer, or of an earlier day. */
  isLate: boolean;
  /** The server failed on the way. */
  hasFailed: boolean;
}

/**
 * Watches the reads of one aggregation: from the wish, when somebody begins to show it, to the
 * answer. A read that fails while it is shown begins another.
 */
export class ReadWatch {
  private wish: Wish | null = null;
  private isServed = false;

  begin(now: number): void {
    this.wish = { at: now, isLate: false, hasFailed: false };
  }

  /** Nobody waits any more: what was not answered is no sample. */
  cancel(): void {
    this.wish = null;
    this.isServed = false;
  }

  /** The sample, once, when the wish has been answered. */
  observe(facts: ReadFacts): ReadSample | null {
    const { flag, row, state, now } = facts;
    if (this.wish === null && this.isServed && flag === true && row.state === "failed") {
      this.begin(now);
    }
    if (this.wish === null) return null;
    if (row.state === "failed") this.wish.hasFailed = true;
    if (row.state === "answered" && !isAnswer(row.value, now)) this.wish.isLate = true;
    const outcome = outcomeOf(this.wish, facts);
    if (outcome === null) return null;
    if (outcome === "refused") {
      this.wish = null;
      return null;
    }
    const { at, hasFailed } = this.wish;
    this.wish = null;
    this.isServed = outcome === "hit" || outcome === "late";
    const sample = { outcome, responseMs: Math.max(0, now - at) };
    const basis = this.isServed && state.status === "success" ? state.basis : null;
    const served = basis === "results" || basis === "segments" ? { ...sample, basis } : sample;
    return hasFailed ? { ...served, hasFailed } : served;
  }
}

function outcomeOf(
  { isLate }: Wish,
  { flag, row, state, isLocal, now }: ReadFacts,
): ReadSample["outcome"] | "refused" | null {
  // Who is not signed in, or asks for what there is not, is refused rightly.
  if (state.status === "error") return isFinal(state.error) ? "refused" : "error";
  if (state.status === "pending") return null;
  if (state.source === "client-side") {
    if (flag === false) return state.basis === "segments" ? "local" : "off";
    return isLocal ? "local" : "fallback";
  }
  // What is shown may be of yesterday, or of before the flag was taken away.
  const isAnswered = row.state === "answered" && isAnswer(row.value, now);
  return isAnswered ? (isLate ? "late" : "hit") : null;
}

function isAnswer(row: AnsweredRow | null, now: number): boolean {
  return row !== null && isOfToday(row, now);
}
