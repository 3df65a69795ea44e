import type { Watch } from "convex/react";
import type { AggregationError } from "../types";
import { describeError } from "./errors";

/** What a subscription has brought so far. */
export type Answer<T> =
  | { state: "waiting" }
  | { state: "answered"; value: T }
  | { state: "failed"; error: AggregationError };

export const WAITING = { state: "waiting" } as const;

/** A subscription to one Convex query that can be ended and taken up again. */
export class LiveQuery<T> {
  answer: Answer<T> = WAITING;
  private end: (() => void) | null = null;

  /** @param onChange called whenever `answer` may have changed. */
  constructor(
    private readonly watch: Watch<T>,
    private readonly onChange: () => void,
  ) {}

  start(): void {
    if (this.end !== null) return;
    const read = () => {
      this.answer = readAnswer(this.watch);
      this.onChange();
    };
    this.end = this.watch.onUpdate(read);
    read();
  }

  stop(): void {
    this.end?.();
    this.end = null;
    this.answer = WAITING;
  }
}

function readAnswer<T>(watch: Watch<T>): Answer<T> {
  try {
    const value = watch.localQueryResult();
    return value === undefined ? WAITING : { state: "answered", value };
  } catch (error) {
    return { state: "failed", error: describeError(error) };
  }
}
