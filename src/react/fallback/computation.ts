import {
  addDays,
  aggregateHistory,
  columnsFromRecords,
  localDateOf,
  prepareHistory,
  searchTitles,
  startOfLocalDay,
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

/**
 * The engine over one downloaded history. Runs in a Web Worker, or in the page where there is
 * none. A download goes beside what is there and takes its place when it is complete.
 */
export class Computation {
  private columns = NO_RECORDS;
  private incoming: WatchRecord[] = [];
  private prepared: PreparedHistory | null = null;

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
