import type { ConvexReactClient } from "convex/react";
import { api } from "../../../convex/_generated/api";
import type { AggregationType, FilterOptions } from "../../engine/query";
import type { Revision } from "../fallback/pageSource";
import type { AggregationOptions } from "../options";
import type { AggregationError } from "../types";
import { searchChannels } from "./channelSearch";
import { FallbackLoader } from "./fallbackLoader";
import { FilterEntry, type Mode, type PageFacts } from "./filterEntry";
import { filterKey } from "./filterKey";
import { FlagStore } from "./flagStore";
import { LiveQuery } from "./liveQuery";
import type { ReadSample } from "./readWatch";
import type { State } from "./reduce";
import { Telemetry } from "./telemetry";
import { todayIn } from "./today";
import { WakeTimer } from "./wakeTimer";

/** The server forgets what nobody has shown for days. */
const SEEN_INTERVAL_MS = 3_600_000;
/** Filters that the server computes for a page before the page fetches the columns itself. */
const FILTERS_BEFORE_COLUMNS = 2;

/**
 * What all hooks of a page share: one subscription a filter, one download. Knows nothing of React; changes of whatever it depends on lead to one evaluation in
 * the next microtask, which updates all states together.
 */
export class PageStore {
  readonly flags: FlagStore;
  private readonly entries = new Map<string, FilterEntry>();
  private readonly listeners = new Set<() => void>();
  private readonly revision: LiveQuery<Revision>;
  private readonly fallback: FallbackLoader;
  private readonly telemetry: Telemetry;
  private readonly timer = new WakeTimer(() => this.invalidate());
  private userId: string | null = null;
  /** When the server learned last that a filter, or any ("") of them, is shown. */
  private readonly seenAt = new Map<string, number>();
  /** Filters that the server computed as it does not store them. */
  private readonly computedFilters = new Set<string>();
  private isEvaluationDue = false;
  /** Raised when another user signs in: what components remember of before is not theirs. */
  owner = 0;

  constructor(
    private readonly client: ConvexReactClient,
    private readonly options: AggregationOptions,
  ) {
    const invalidate = () => this.invalidate();
    this.flags = new FlagStore(client, options, invalidate);
    this.revision = new LiveQuery(client.watchQuery(api.watchRecords.revision, {}), invalidate);
    this.fallback = new FallbackLoader(client, options, invalidate);
    this.telemetry = new Telemetry(client, options);
  }

  /** Calls `listener` after each evaluation that changed a state. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps aggregations of a filter up to date until the returned function is called. */
  retain(mode: Mode, types: readonly AggregationType[], filters: FilterOptions): () => void {
    const key = filterKey(filters);
    const entry = this.entryOf(key, filters);
    const acquiredAt = this.options.now();
    for (const type of types) entry.acquire(mode, type, acquiredAt);
    const releaseFlag = mode === "auto" ? this.flags.retain(this.options.flagKey) : null;
    this.invalidate();
    return () => {
      const now = this.options.now();
      for (const type of types) entry.release(mode, type, now);
      releaseFlag?.();
      this.invalidate();
    };
  }

  stateOf(mode: Mode, type: AggregationType, key: string): State | null {
    return this.entries.get(key)?.stateOf(mode, type) ?? null;
  }

  /**
   * Finds channels of the user by their titles: in this browser where it holds the history, else
   * on the server.
   *
   * @returns ends the search.
   */
  searchChannels(text: string, onFound: (channels: string[]) => void): () => void {
    const isOff = this.flags.valueOf(this.options.flagKey) === false;
    const held = isOff ? this.fallback.history : null;
    return searchChannels(this.client, held, text, onFound);
  }

  /** Subscriptions, filters and timers held: 0 when nothing is shown any more. */
  get size(): number {
    return this.entries.size + this.flags.size + (this.fallback.history === null ? 0 : 1);
  }

  private entryOf(key: string, filters: FilterOptions): FilterEntry {
    let entry = this.entries.get(key);
    if (entry === undefined) {
      const invalidate = () => this.invalidate();
      const onRead = (sample: ReadSample) => this.telemetry.note(sample);
      entry = new FilterEntry(filters, this.client, invalidate, onRead);
      this.entries.set(key, entry);
    }
    return entry;
  }

  private invalidate(): void {
    if (this.isEvaluationDue) return;
    this.isEvaluationDue = true;
    queueMicrotask(() => {
      this.isEvaluationDue = false;
      this.evaluate();
    });
  }

  private evaluate(): void {
    const hadOtherUser = this.noticeUser();
    const page = this.pageFacts();
    for (const [key, entry] of this.entries) {
      entry.synchronize(page, this.fallback.resultOf(key) !== null);
      if (entry.isComputedByServer) this.computedFilters.add(key);
      if (entry.isUnused) this.drop(key, entry);
    }
    if (this.entries.size > 0) this.revision.start();
    else this.revision.stop();
    this.flags.prune(page.now);
    const wanted = this.wantedComputations(page);
    this.fallback.update(wanted, this.currentRevision(), this.isPrefetching(page), page.now);
    let isChanged = hadOtherUser;
    const facts = this.pageFacts();
    for (const [key, entry] of this.entries) {
      isChanged = entry.update(facts, this.fallback.resultOf(key)) || isChanged;
    }
    this.timer.set(this.nextWakeAt(facts), facts.now);
    if (isChanged) for (const listener of this.listeners) listener();
  }

  private drop(key: string, entry: FilterEntry): void {
    entry.dispose();
    this.entries.delete(key);
  }

  /** Forgets everything when it turns out that somebody else has signed in. */
  private noticeUser(): boolean {
    const { answer } = this.revision;
    if (answer.state === "waiting") return false;
    const userId = answer.state === "answered" ? answer.value.userId : null;
    const isOther = this.userId !== null && userId !== this.userId;
    if (isOther) {
      this.owner += 1;
      this.seenAt.clear();
      this.computedFilters.clear();
      this.fallback.end();
      this.telemetry.forget();
      for (const entry of this.entries.values()) entry.forget();
    }
    this.userId = userId;
    return isOther;
  }

  private pageFacts(): PageFacts {
    const { fallbackDelayMs, retainMs, now, flagKey } = this.options;
    return {
      flag: this.flags.valueOf(flagKey),
      refusal: this.refusal(),
      problem: this.fallback.problem,
      progress: this.fallback.progress,
      now: now(),
      today: todayIn(this.timeZone(), now()),
      changesPending: this.currentRevision()?.changesPending ?? false,
      isLocal: this.prefersColumns && this.fallback.hasColumns,
      claimSeen: (stored) => this.claimSeen(stored === null ? "" : filterKey(stored)),
      fallbackDelayMs,
      retainMs,
    };
  }

  /** Whoever goes from filter to filter is answered soonest by their own browser. */
  private get prefersColumns(): boolean {
    return this.computedFilters.size >= FILTERS_BEFORE_COLUMNS;
  }

  private isPrefetching({ flag }: PageFacts): boolean {
    return flag === true && this.prefersColumns && this.entries.size > 0;
  }

  private claimSeen(key: string): boolean {
    const now = this.options.now();
    if (now < (this.seenAt.get(key) ?? -Infinity) + SEEN_INTERVAL_MS) return false;
    this.seenAt.set(key, now).set("", now);
    return true;
  }

  /** The user's; until it is known, most likely that of this browser. */
  private timeZone(): string {
    return this.currentRevision()?.timeZone ?? browserTimeZone();
  }

  private refusal(): AggregationError | null {
    const { answer } = this.revision;
    const isRefused = answer.state === "failed" && answer.error.code === "UNAUTHENTICATED";
    return isRefused ? answer.error : null;
  }

  private currentRevision(): Revision | null {
    const { answer } = this.revision;
    return answer.state === "answered" ? answer.value : null;
  }

  private wantedComputations(page: PageFacts): Map<string, FilterOptions> {
    const wanted = [...this.entries].filter(([, entry]) => entry.wantsComputing(page));
    return new Map(wanted.map(([key, { filters }]) => [key, filters]));
  }

  private nextWakeAt(page: PageFacts): number {
    const times = [...this.entries.values()].map((entry) => entry.nextWakeAt(page));
    return Math.min(this.flags.nextWakeAt(page.now), this.fallback.nextWakeAt(page.now), ...times);
  }
}

function browserTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
