import type { AggregationResults, FilterOptions } from "../../engine";
import type { AggregationOptions } from "../options";
import { describeError, NoConnectionError } from "../store/errors";
import type { AggregationError, DownloadProgress } from "../types";
import { ColumnsDownload } from "./columnsDownload";
import { startComputation, type ComputationHost } from "./computationHost";
import type { PageSource, Revision } from "./pageSource";
import { downloadRecords } from "./recordsDownload";

/** The ten results of one filter, and what they are of. */
interface HeldResult {
  results: AggregationResults;
  computedAt: number;
  expiresAt: number;
  timeZone: string;
  /** Number of the download they were computed from. */
  download: number;
  basis: Origin["basis"];
}

/** What a download takes a history from, and which state of it. */
interface Origin {
  basis: "segments" | "records";
  version: string | null;
}

/** A history that is there. */
interface Loaded {
  revision: Revision;
  origin: Origin;
}

/** Results kept for going back to a filter. */
const MAX_HELD = 50;
const MAX_RETRY_MS = 60_000;

/**
 * The user's history in this browser: one download for all hooks of a page, computed off the main
 * thread, kept while filters change and replaced when the records do. It is taken from the columns
 * that the server keeps; where there are none to be trusted, from the records.
 */
export class BrowserHistory {
  progress: DownloadProgress | null = null;
  problem: AggregationError | null = null;
  private host: ComputationHost | null = null;
  private columns: ColumnsDownload | null = null;
  /** The columns that could not be read. */
  private unreadable: string | null = null;
  private wanted = new Map<string, FilterOptions>();
  /** The columns shall be here before the next filter is shown. */
  private isPrefetching = false;
  private held = new Map<string, HeldResult>();
  /** What the server last said; null while only a download would tell. */
  private current: Revision | null = null;
  private loaded: Loaded | null = null;
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

  /**
   * Says which filters are shown and what the server last said of the records.
   *
   * @param isPrefetching fetches columns, though never records, before a filter is shown.
   */
  update(
    wanted: Map<string, FilterOptions>,
    revision: Revision | null,
    isPrefetching: boolean,
  ): void {
    this.wanted = wanted;
    this.isPrefetching = isPrefetching;
    if (revision !== null) this.current = revision;
    this.pump();
  }

  /** What is held of a filter; `isOutdated` while a newer result is being made. */
  resultOf(key: string) {
    const held = this.held.get(key);
    if (held === undefined) return null;
    const { results, computedAt, basis } = held;
    // Columns know a change only when the server has folded it.
    const lacksChanges = basis === "segments" && this.current?.changesPending === true;
    const isOutdated = lacksChanges || !this.isFresh(held) || this.needsDownload();
    return { results, computedAt, basis, isOutdated };
  }

  /** Whether any filter can be computed from columns, without waiting for the server. */
  get hasColumns(): boolean {
    const isLoaded = this.loaded?.origin.basis === "segments";
    return isLoaded && this.origin()?.basis === "segments";
  }

  /** When a result held expires with its day. */
  nextWakeAt(): number {
    const now = this.options.now();
    const times = [...this.held.values()].map(({ expiresAt }) => expiresAt);
    return Math.min(Infinity, ...times.filter((time) => time > now));
  }

  async searchChannels(text: string, maxFound: number): Promise<string[]> {
    if (this.host === null || this.loaded === null) return [];
    return await this.host.run("searchChannels", text, maxFound);
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
    const timeZone = (this.current ?? this.loaded?.revision)?.timeZone;
    return (
      held.download === this.downloads &&
      held.timeZone === timeZone &&
      this.options.now() < held.expiresAt
    );
  }

  private needsDownload(): boolean {
    if (this.loaded === null) return true;
    const { basis, version } = this.loaded.origin;
    const origin = this.origin();
    return origin !== null && (origin.basis !== basis || origin.version !== version);
  }

  /** What a download would take the history from now; null where only the server can tell. */
  private origin(): Origin | null {
    const { current, loaded } = this;
    if (current === null) return loaded?.origin ?? null;
    const origin = this.originAt(current);
    const isChange = origin.basis === "segments" && loaded?.origin.basis === "records";
    // The records that are here may know of a change that the columns are to learn yet.
    return isChange && current.changesPending ? loaded.origin : origin;
  }

  private originAt({ columns, lastChange }: Revision): Origin {
    const isReadable = columns !== null && columns !== this.unreadable;
    return isReadable
      ? { basis: "segments", version: columns }
      : { basis: "records", version: lastChange };
  }

  private missing(): [string, FilterOptions][] {
    return [...this.wanted].filter(([key]) => {
      const held = this.held.get(key);
      return held === undefined || !this.isFresh(held);
    });
  }

  /** Does what is to be done, one thing after the other; every caller may ask at any time. */
  private pump(): void {
    if (this.isBusy || this.isEnded || this.timer !== null || !this.isWanted()) return;
    const waitMs = this.lastDownloadAt + this.options.refreshIntervalMs - this.options.now();
    if (this.hasNewFilter()) void this.work(() => this.compute());
    else if (this.needsDownload() && waitMs <= 0) void this.work(() => this.download());
    else if (this.loaded !== null && this.missing().length > 0)
      void this.work(() => this.compute());
    else if (this.needsDownload()) this.pumpLater(waitMs);
  }

  /** A filter shows nothing yet, and can be computed from what is here. */
  private hasNewFilter(): boolean {
    if (this.loaded === null || this.origin()?.basis !== this.loaded.origin.basis) return false;
    return [...this.wanted.keys()].some((key) => !this.held.has(key));
  }

  private isWanted(): boolean {
    return this.wanted.size > 0 || (this.isPrefetching && this.origin()?.basis === "segments");
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

  private async download(): Promise<void> {
    this.report(0, null);
    const host = (this.host ??= await startComputation());
    const revision = await this.source.revision();
    const origin = this.originAt(revision);
    // Only a filter that is shown is worth the records.
    const isSkipped = origin.basis === "records" && this.wanted.size === 0;
    const isLoaded = !isSkipped && (await this.downloadFrom(origin, host, revision));
    if (isLoaded) {
      this.loaded = { revision, origin };
      this.downloads += 1;
    }
    if (isLoaded || isSkipped) this.lastDownloadAt = this.options.now();
  }

  private async downloadFrom(
    { basis }: Origin,
    host: ComputationHost,
    revision: Revision,
  ): Promise<boolean> {
    if (basis === "segments") return await this.downloadColumns(host, revision);
    // The computation lets columns go when it has records.
    this.columns = null;
    const { recordCount } = revision;
    const onProgress = (loaded: number) => {
      this.report(loaded, recordCount > 0 ? Math.max(recordCount, loaded) : null);
    };
    const isWanted = () => !this.isEnded && this.wanted.size > 0;
    const { pageRecords } = this.options;
    const { source } = this;
    return await downloadRecords({ source, host, pageRecords, onProgress, isWanted });
  }

  /** Where they cannot be had or read, the next download takes the records. */
  private async downloadColumns(host: ComputationHost, revision: Revision): Promise<boolean> {
    const { columns, recordCount } = revision;
    this.columns ??= new ColumnsDownload(this.source, host);
    const onProgress = (share: number) => {
      this.report(Math.floor(share * recordCount), recordCount);
    };
    const isWanted = () => !this.isEnded && this.isWanted();
    try {
      const isComplete = await this.columns.run(onProgress, isWanted);
      if (!isComplete && isWanted()) this.unreadable = columns;
      return isComplete;
    } catch (error) {
      if (this.isEnded || error instanceof NoConnectionError) throw error;
      this.unreadable = columns;
      return false;
    }
  }

  private async compute(): Promise<void> {
    const { host, loaded } = this;
    if (host === null || loaded === null) return;
    const { basis } = loaded.origin;
    const { timeZone } = this.current ?? loaded.revision;
    const wanted = this.missing();
    const filters = wanted.map(([, filter]) => filter);
    const computedAt = this.options.now();
    const { results, expiresAt } = await host
      .run("aggregate", filters, timeZone, computedAt)
      .catch((error: unknown) => {
        if (basis === "segments") this.unreadable = loaded.origin.version;
        throw error;
      });
    wanted.forEach(([key], index) => {
      const held = { computedAt, expiresAt, timeZone, basis, download: this.downloads };
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
    if (this.wanted.size === 0) return;
    this.progress = { loaded, total };
    this.onChange();
  }
}
