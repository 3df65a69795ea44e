import type { ConvexReactClient } from "convex/react";
import type { FilterOptions } from "../../engine";
import type { BrowserHistory } from "../fallback/browserHistory";
import type { Revision } from "../fallback/pageSource";
import type { AggregationOptions } from "../options";
import type { AggregationError, DownloadProgress } from "../types";
import { describeError } from "./errors";
import type { ComputedFilter } from "./filterEntry";

/** Loads the browser's own computation, code and data, when it is first wanted, and ends it. */
export class FallbackLoader {
  history: BrowserHistory | null = null;
  private isLoading = false;
  private loadProblem: AggregationError | null = null;
  private unusedSince: number | null = null;

  constructor(
    private readonly client: ConvexReactClient,
    private readonly options: AggregationOptions,
    private readonly onChange: () => void,
  ) {}

  get problem(): AggregationError | null {
    return this.loadProblem ?? this.history?.problem ?? null;
  }

  get progress(): DownloadProgress | null {
    return this.history?.progress ?? null;
  }

  resultOf(key: string): ComputedFilter | null {
    return this.history?.resultOf(key) ?? null;
  }

  /** Whether any filter can be computed here at once. */
  get hasColumns(): boolean {
    return this.history?.hasColumns ?? false;
  }

  /** @param isPrefetching whether columns are to be at hand, whatever is wanted now. */
  update(
    wanted: Map<string, FilterOptions>,
    revision: Revision | null,
    isPrefetching: boolean,
    now: number,
  ): void {
    const isUsed = wanted.size > 0 || isPrefetching;
    if (isUsed) this.unusedSince = null;
    else this.unusedSince ??= now;
    if (this.history !== null) {
      this.history.update(wanted, revision, isPrefetching);
      if (this.isForgotten(now)) this.end();
    } else if (isUsed && !this.isLoading) void this.load();
  }

  nextWakeAt(now: number): number {
    if (this.history === null) return Infinity;
    const forgottenAt = (this.unusedSince ?? Infinity) + this.options.retainMs;
    return Math.min(this.history.nextWakeAt(), forgottenAt > now ? forgottenAt : Infinity);
  }

  end(): void {
    this.history?.end();
    this.history = null;
  }

  private isForgotten(now: number): boolean {
    return this.unusedSince !== null && now >= this.unusedSince + this.options.retainMs;
  }

  private async load(): Promise<void> {
    this.isLoading = true;
    try {
      const [{ BrowserHistory }, { createPageSource }] = await Promise.all([
        import("../fallback/browserHistory"),
        import("../fallback/pageSource"),
      ]);
      this.history = new BrowserHistory(createPageSource(this.client), this.options, this.onChange);
      this.loadProblem = null;
    } catch (error) {
      this.loadProblem = describeError(error, "COMPUTATION_FAILED");
    }
    this.isLoading = false;
    this.onChange();
  }
}
