import type { AggregationResults, FilterOptions } from "../../engine";
import type { AggregationOptions } from "../options";
import { describeError, isInvalidCursor } from "../store/errors";
import type { AggregationError, DownloadProgress } from "../types";
import { startComputation, type ComputationHost } from "./computationHost";
import type { PageSource, Revision } from "./pageSource";

/** The ten results of one filter, and what they are of. */
interface HeldResult {
  results: AggregationResults;
  computedAt: number;
  expiresAt: number;
  timeZone: string;
  /** Number of the download they were computed from. */
  download: number;
}

/** Results kept for going back to a filter. */
const MAX_HELD = 50;
const MAX_RETRY_MS = 60_000;
/** Of one download; after them it waits like any download that fails. */
const MAX_RESTARTS = 2;

/**
 * The user's history in this browser: one download for all hooks of a page, computed off the main
 * thread, kept while filters change and replaced when the records do.
 */
export class BrowserHistory {
  progress: DownloadProgress | null = null;
  problem: AggregationError | null = null;
  private host: ComputationHost | null = null;
  private wanted = new Map<string, FilterOptions>();
  private held = new Map<string, HeldResult>();
  /** What the server last said; null while only a download would tell. */
  private current: Revision | null = null;
  private loaded: Revision | null = null;
  private downloads = 0;
  private lastDownloadAt = -Infinity;
  private failures = 0;
  private isBusy = false;
  private isEnded = false;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** @param onChange called when a result, the progress or the problem changed. */
  constructor(
    private readonly source: PageSource,
    private readonly options: AggregationOptions,
    private readonly onChange: () => void,
  ) {}

  /** Says which filters are shown and what the server last said of the records. */
  update(wanted: Map<string, FilterOptions>, revision: Revision | null): void {
    this.wanted = wanted;
    if (revision !== null) this.current = revision;
    this.pump();
  }

  /** What is held of a filter; `isOutdated` while a newer result is being made. */
  resultOf(key: string) {
    const held = this.held.get(key);
    if (held === undefined) return null;
    const { results, computedAt } = held;
    return { results, computedAt, isOutdated: !this.isFresh(held) || this.needsDownload() };
  }

  /** When a result held expires with its day. */
  nextWakeAt(): number {
    const now = this.options.now();
    const times = [...this.held.values()].map(({ expiresAt }) => expiresAt);
    return Math.min(Infinity, ...times.filter((time) => time > now));
  }

  async searchChannels(text: string, maxFound: number): Promise<string[]> {
    if (this.host === null || this.loaded === null) return [];
    return await this.host.run(
      async (computation) => await computation.searchChannels(text, maxFound),
    );
  }

  /** Stops whatever is under way and frees all memory. */
  end(): void {
    this.isEnded = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.host?.end();
    this.host = null;
    this.held.clear();
  }

  private isFresh(held: HeldResult): boolean {
    const timeZone = (this.current ?? this.loaded)?.timeZone;
    return (
      held.download === this.downloads &&
      held.timeZone === timeZone &&
      this.options.now() < held.expiresAt
    );
  }

  private needsDownload(): boolean {
    if (this.loaded === null) return true;
    return this.current !== null && this.current.lastChange !== this.loaded.lastChange;
  }

  private missing(): [string, FilterOptions][] {
    return [...this.wanted].filter(([key]) => {
      const held = this.held.get(key);
      return held === undefined || !this.isFresh(held);
    });
  }

  /** Does what is to be done, one thing after the other; every caller may ask at any time. */
  private pump(): void {
    if (this.isBusy || this.isEnded || this.timer !== null || this.wanted.size === 0) return;
    const waitMs = this.lastDownloadAt + this.options.refreshIntervalMs - this.options.now();
    if (this.needsDownload() && waitMs <= 0) void this.work(() => this.download());
    else if (this.loaded !== null && this.missing().length > 0)
      void this.work(() => this.compute());
    else if (this.needsDownload()) this.pumpLater(waitMs);
  }

  private pumpLater(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.timer = null;
      this.pump();
    }, delayMs);
  }

  private async work(step: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    try {
      await step();
      this.problem = null;
      this.failures = 0;
    } catch (error) {
      if (this.isEnded) return;
      this.problem = describeError(error, "COMPUTATION_FAILED");
      this.failures += 1;
      this.pumpLater(Math.min(1_000 * 2 ** this.failures, MAX_RETRY_MS));
    } finally {
      this.isBusy = false;
      this.progress = null;
    }
    if (this.isEnded) return;
    this.onChange();
    this.pump();
  }

  /** Starts again where the server no longer takes the cursor: the query or the user has changed. */
  private async download(): Promise<void> {
    for (let restarts = 0; ; restarts++) {
      try {
        await this.downloadOnce();
        return;
      } catch (error) {
        if (!isInvalidCursor(error) || restarts === MAX_RESTARTS) throw error;
      }
    }
  }

  private async downloadOnce(): Promise<void> {
    this.report(0, null);
    const host = (this.host ??= await startComputation());
    const revision = await this.source.revision();
    const total = revision.recordCount > 0 ? revision.recordCount : null;
    await host.run((computation) => computation.begin());
    let loaded = 0;
    for (let cursor: string | null = null, isDone = false; !isDone;) {
      const page = await this.source.page(cursor, this.options.pageRecords);
      if (this.isEnded || this.wanted.size === 0) return; // nobody waits for it any more
      ({ continueCursor: cursor, isDone } = page);
      loaded += page.page.length;
      await host.run((computation) => computation.add(page.page));
      this.report(loaded, total === null ? null : Math.max(total, loaded));
    }
    await host.run((computation) => computation.commit());
    this.loaded = revision;
    this.downloads += 1;
    this.lastDownloadAt = this.options.now();
  }

  private async compute(): Promise<void> {
    const { host } = this;
    const revision = this.current ?? this.loaded;
    if (host === null || revision === null) return;
    const { timeZone } = revision;
    const wanted = this.missing();
    const filters = wanted.map(([, filter]) => filter);
    const computedAt = this.options.now();
    const { results, expiresAt } = await host.run(
      async (computation) => await computation.aggregate(filters, timeZone, computedAt),
    );
    wanted.forEach(([key], index) => {
      const held = { computedAt, expiresAt, timeZone, download: this.downloads };
      this.hold(key, { ...held, results: results[index]! });
    });
  }

  private hold(key: string, result: HeldResult): void {
    this.held.delete(key);
    this.held.set(key, result);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= MAX_HELD) break;
      if (!this.wanted.has(oldest)) this.held.delete(oldest);
    }
  }

  private report(loaded: number, total: number | null): void {
    this.progress = { loaded, total };
    this.onChange();
  }
}
