import type { ConvexReactClient } from "convex/react";
import { api } from "../../../convex/_generated/api";
import { TIMEFRAMES, type AggregationType, type FilterOptions } from "../../engine/query";
import type { AggregationError, DownloadProgress } from "../types";
import { isOfToday, PENDING, reduce, type ComputedResult, type State } from "./reduce";
import { ReadWatch, type ReadSample } from "./readWatch";
import { mutableFilters, ServerRows } from "./serverRows";

/** `auto` obeys the flag and falls back to computing; `stored` asks the server, come what may. */
export type Mode = "auto" | "stored";

/** How long after a `request` the next one for the same filter may go out. */
const REQUEST_INTERVAL_MS = 30_000;
/** Computed answers after which a filter's results are worth storing. */
const ANSWERS_BEFORE_KEEPING = 3;

/** What the whole page knows, as far as a filter's states depend on it. */
export interface PageFacts {
  flag: boolean | null;
  refusal: AggregationError | null;
  problem: AggregationError | null;
  progress: DownloadProgress | null;
  now: number;
  /** The user's local day. */
  today: string;
  /** Whether the server knows of changes that its answers do not show yet. */
  changesPending: boolean;
  /** Whether this browser has the columns, and is to compute filters that are not stored. */
  isLocal: boolean;
  /** True where the server is to learn that a stored filter is shown, or (null) that a page is. */
  claimSeen: (stored: FilterOptions | null) => boolean;
  fallbackDelayMs: number;
  retainMs: number;
}

/** The ten results this browser computed for a filter. */
export interface ComputedFilter {
  results: Readonly<Record<AggregationType, unknown>>;
  computedAt: number;
  basis: ComputedResult["basis"];
  isOutdated: boolean;
}

interface Slot {
  type: AggregationType;
  mode: Mode;
  users: number;
  /** When nobody showed it any more; it stays for a while, for whoever comes back. */
  unusedSince: number | null;
  state: State;
  watch: ReadWatch;
}

/**
 * All that a page shows of one filter: its subscriptions by type, its requests to the server where
 * that has no answer or computes the same one again and again, and the state of each aggregation.
 */
export class FilterEntry {
  private readonly slots = new Map<string, Slot>();
  private readonly rows: ServerRows;
  /** One of those that the server stores for everybody. */
  private readonly isDefault: boolean;
  private requestedAt = -Infinity;
  private hasRequestFailed = false;
  /** Whether the server was asked to store this filter's results, whatever it said. */
  private isKept = false;
  /** Since when something that was asked for has had no answer. */
  private waitingSince: number | null = null;

  constructor(
    readonly filters: FilterOptions,
    private readonly client: ConvexReactClient,
    private readonly onChange: () => void,
    private readonly onRead: (sample: ReadSample) => void,
  ) {
    this.rows = new ServerRows(client, filters, onChange);
    const { timeframe, product, topics, channels } = filters;
    const isRestricted = product !== "All" || topics.length + channels.length > 0;
    this.isDefault = !isRestricted && TIMEFRAMES.some((known) => known === timeframe);
  }

  get isUnused(): boolean {
    return this.slots.size === 0;
  }

  /** Whether the server has computed this filter, which it does not store. */
  get isComputedByServer(): boolean {
    return !this.isDefault && this.rows.rows().some(({ basis }) => basis === "segments");
  }

  acquire(mode: Mode, type: AggregationType, now: number): void {
    const key = slotKey(mode, type);
    const slot = this.slots.get(key) ?? newSlot(mode, type);
    if (slot.users === 0 && mode === "auto") slot.watch.begin(now);
    slot.users += 1;
    slot.unusedSince = null;
    this.slots.set(key, slot);
  }

  release(mode: Mode, type: AggregationType, now: number): void {
    const slot = this.slots.get(slotKey(mode, type));
    if (slot === undefined) return;
    slot.users -= 1;
    if (slot.users > 0) return;
    slot.unusedSince = now;
    slot.watch.cancel();
  }

  stateOf(mode: Mode, type: AggregationType): State {
    return this.slots.get(slotKey(mode, type))?.state ?? PENDING;
  }

  /** Forgets all data: it was somebody else's. */
  forget(): void {
    for (const slot of this.slots.values()) {
      slot.state = PENDING;
      slot.watch.cancel();
    }
    this.requestedAt = -Infinity;
    this.hasRequestFailed = false;
    this.isKept = false;
    this.waitingSince = null;
  }

  dispose(): void {
    this.rows.stop();
  }

  /** Whether the browser is to compute this filter. */
  wantsComputing(page: PageFacts): boolean {
    const slots = this.shownSlots().filter(({ mode }) => mode === "auto");
    if (slots.length === 0 || page.refusal !== null) return false;
    if (page.flag === false || this.isLocal(page)) return true;
    const lacking = slots.some(({ type }) => this.hasFailed(type) || !this.hasRow(type));
    const isHopeless = slots.some(({ type }) => this.hasFailed(type)) || this.hasRequestFailed;
    return lacking && ((page.flag === true && isHopeless) || this.isOverdue(page));
  }

  /** When time alone changes something: a delay is over, or a stored row's day. */
  nextWakeAt({ now, fallbackDelayMs, retainMs }: PageFacts): number {
    const times = this.rows.rows().map(({ expiresAt }) => expiresAt);
    if (this.waitingSince !== null) {
      times.push(this.waitingSince + fallbackDelayMs, this.requestedAt + REQUEST_INTERVAL_MS);
    }
    for (const { unusedSince } of this.slots.values()) {
      if (unusedSince !== null) times.push(unusedSince + retainMs);
    }
    return Math.min(Infinity, ...times.filter((time) => time > now));
  }

  /**
   * Subscribes to what is wanted now and ends what is not.
   *
   * @param isComputed whether this browser has computed the filter.
   */
  synchronize(page: PageFacts, isComputed: boolean): void {
    this.prune(page);
    // What the server has answered stays until this browser has an answer, too.
    const isLocal = this.isLocal(page) && (isComputed || !this.rows.isSubscribed);
    const isAsked = ({ mode }: Slot) => mode === "stored" || (page.flag !== false && !isLocal);
    const asked = [...this.slots.values()].filter(isAsked);
    this.rows.want(new Set(asked.map(({ type }) => type)), page.today);
    const shown = this.shownSlots().filter(isAsked);
    this.noteWaiting(shown, page);
    this.requestIfNeeded(shown, page);
  }

  /** Drops what nobody has shown for a while. */
  private prune({ now, retainMs }: PageFacts): void {
    for (const [key, { unusedSince }] of this.slots) {
      if (unusedSince !== null && now >= unusedSince + retainMs) this.slots.delete(key);
    }
  }

  /** Recomputes the states; true where one differs. */
  update(page: PageFacts, computed: ComputedFilter | null): boolean {
    let isChanged = false;
    for (const slot of this.slots.values()) {
      const before = slot.state;
      slot.state = reduce(this.inputsOf(slot, page, computed), before);
      isChanged ||= slot.state !== before;
      this.observeRead(slot, page);
    }
    return isChanged;
  }

  private observeRead({ type, state, watch }: Slot, page: PageFacts): void {
    const { flag, now } = page;
    const row = this.rows.answerOf(type);
    const sample = watch.observe({ flag, row, state, isLocal: this.isLocal(page), now });
    if (sample !== null) this.onRead(sample);
  }

  private inputsOf({ type, mode }: Slot, page: PageFacts, computed: ComputedFilter | null) {
    const { flag, refusal, problem, progress, now, changesPending } = page;
    const result: ComputedResult | null =
      computed === null ? null : { ...computed, data: computed.results[type] };
    return {
      wantsServer: mode === "stored" || flag,
      row: this.rows.answerOf(type),
      changesPending,
      computed: mode === "auto" ? result : null,
      problem: mode === "auto" ? problem : this.rowError(type),
      refusal,
      progress: mode === "auto" ? progress : null,
      now,
    };
  }

  private rowError(type: AggregationType): AggregationError | null {
    const answer = this.rows.answerOf(type);
    return answer.state === "failed" ? answer.error : null;
  }

  /** The delay runs from when something is missing until nothing is. */
  private noteWaiting(shown: readonly Slot[], { flag, now }: PageFacts): void {
    const lacks = flag === null || shown.some(({ type }) => !this.hasRow(type));
    if (!lacks || shown.length === 0) this.waitingSince = null;
    else this.waitingSince ??= now;
  }

  private isOverdue({ now, fallbackDelayMs }: PageFacts): boolean {
    return this.waitingSince !== null && now >= this.waitingSince + fallbackDelayMs;
  }

  /** Asks the server for what it cannot answer, and to store what it computes again and again. */
  private requestIfNeeded(shown: readonly Slot[], page: PageFacts): void {
    if (page.flag === null && shown.every(({ mode }) => mode === "auto")) return;
    const answers = shown.map(({ type }) => this.rows.answerOf(type));
    if (answers.length === 0) return;
    const isLacking = answers.some(
      (answer) =>
        answer.state === "answered" &&
        (answer.value === null || !isOfToday(answer.value, page.now)),
    );
    if (isLacking) {
      if (page.now >= this.requestedAt + REQUEST_INTERVAL_MS) void this.request(page.now);
      return;
    }
    this.hasRequestFailed = false;
    if (answers.some(({ state }) => state !== "answered")) return;
    if (!this.isKept && this.rows.computedAnswers >= ANSWERS_BEFORE_KEEPING) void this.keep();
    if (page.claimSeen(this.rows.hasStored ? this.filters : null)) void this.request(page.now);
  }

  private async request(now: number): Promise<void> {
    this.requestedAt = now;
    try {
      await this.client.mutation(api.aggregations.request, {
        filters: mutableFilters(this.filters),
      });
      this.hasRequestFailed = false;
    } catch {
      // What went wrong the reads show, too; the browser computes meanwhile.
      this.hasRequestFailed = true;
      this.onChange();
    }
  }

  private async keep(): Promise<void> {
    this.isKept = true;
    try {
      await this.client.mutation(api.aggregations.request, {
        filters: mutableFilters(this.filters),
        keep: true,
      });
    } catch {
      // The user keeps as many as there may be: the server goes on computing this one.
    }
  }

  private isLocal({ flag, isLocal }: PageFacts): boolean {
    return flag === true && isLocal && !this.isDefault;
  }

  private shownSlots(): Slot[] {
    return [...this.slots.values()].filter(({ unusedSince }) => unusedSince === null);
  }

  private hasRow(type: AggregationType): boolean {
    const answer = this.rows.answerOf(type);
    return answer.state === "answered" && answer.value !== null;
  }

  private hasFailed(type: AggregationType): boolean {
    return this.rowError(type) !== null;
  }
}

function newSlot(mode: Mode, type: AggregationType): Slot {
  return { type, mode, users: 0, unusedSince: null, state: PENDING, watch: new ReadWatch() };
}

function slotKey(mode: Mode, type: AggregationType): string {
  return `${mode}:${type}`;
}
