import {
  addDays,
  aggregateHistory,
  columnsFromRecords,
  decodeHistory,
  localDateOf,
  prepareHistory,
  searchTitles,
  startOfLocalDay,
  StoredDictionary,
  type AggregationResults,
  type FilterOptions,
  type HistoryColumns,
  type PreparedHistory,
  type WatchRecord,
} from "../../engine";

export interface Computed {
  /** In the order of the filters asked for. */
  results: AggregationResults[];
  /** The end of the local day the results are of, in epoch milliseconds. */
  expiresAt: number;
}

const NO_RECORDS: HistoryColumns = columnsFromRecords([]);

/** Columns by what they are of: a month, or a part of the dictionary. */
type Held<Key> = Map<Key, Uint8Array>;

/**
 * The engine over one downloaded history. Runs in a Web Worker, or in the page where there is
 * none. A download of records, or of columns, goes beside what is there and takes its place when
 * it is complete.
 */
export class Computation {
  private columns = NO_RECORDS;
  private incoming: WatchRecord[] = [];
  private prepared: PreparedHistory | null = null;
  private readonly months: Held<string> = new Map();
  private readonly dictionary: Held<number> = new Map();

  begin(): void {
    this.incoming = [];
  }

  add(records: readonly WatchRecord[]): void {
    for (const record of records) this.incoming.push(record);
  }

  commit(): void {
    this.columns = columnsFromRecords(this.incoming);
    this.incoming = [];
    this.prepared = null;
    this.months.clear();
    this.dictionary.clear();
  }

  /** Takes columns that the server sent, in place of earlier ones of the same month or part. */
  hold(
    months: readonly { month: string; bytes: ArrayBuffer }[],
    dictionary: readonly { part: number; bytes: ArrayBuffer }[],
  ): void {
    for (const { month, bytes } of months) this.months.set(month, new Uint8Array(bytes));
    for (const { part, bytes } of dictionary) this.dictionary.set(part, new Uint8Array(bytes));
  }

  /**
   * Computes from the columns held from now on, and lets others go.
   *
   * @param months all months of the history, in order.
   * @param parts how many parts its dictionary has.
   * @throws CorruptColumnsError
   */
  commitColumns(months: readonly string[], parts: number): void {
    const wanted = new Set(months);
    for (const month of this.months.keys()) if (!wanted.has(month)) this.months.delete(month);
    const dictionary = Array.from({ length: parts }, (_, part) => this.dictionary.get(part)!);
    const segments = months.map((month) => this.months.get(month)!);
    this.columns = decodeHistory(StoredDictionary.decode(dictionary), segments);
    this.prepared = null;
  }

  /** @throws InvalidFiltersError */
  aggregate(filters: readonly FilterOptions[], timeZone: string, now: number): Computed {
    const asOf = localDateOf(now, timeZone);
    if (this.prepared?.asOf !== asOf || this.prepared.timeZone !== timeZone) {
      this.prepared = prepareHistory(this.columns, { asOf, timeZone });
    }
    // Without a list of types all ten are computed.
    const results = aggregateHistory(this.prepared, filters) as AggregationResults[];
    return { results, expiresAt: startOfLocalDay(addDays(asOf, 1), timeZone) };
  }

  searchChannels(text: string, maxFound: number): string[] {
    return searchTitles(this.columns.dictionary.titles.slice(1), text, maxFound);
  }
}

export type Method = keyof Computation;

/** Calls a method by its name, with arguments that are that method's. */
export function invoke(computation: Computation, method: Method, args: readonly unknown[]) {
  // Only the caller's types know that they belong together.
  const methods = computation as Record<Method, (...args: readonly unknown[]) => unknown>;
  return methods[method](...args);
}
