import {
  aggregateHistory,
  AGGREGATION_TYPES,
  AGGREGATION_VERSIONS,
  prepareHistory,
  type AggregationResults,
  type AggregationType,
  type HistoryColumns,
  type PreparedHistory,
} from "../../../src/engine";
import { internal } from "../../_generated/api";
import type { ActionCtx } from "../../_generated/server";
import { differencesBetween } from "../compare";
import type { Difference } from "./report";
import type { OpenedFilter, StoredRow } from "./store";

/** The third layer: whether the stored results are what a history comes to. */

/** Differences kept of one result. */
const MAX_OF_RESULT = 5;

/** Results of a history by filter and day; of the day asked for last, what it takes is kept. */
export class Expectation {
  private prepared: PreparedHistory | null = null;

  constructor(
    private readonly history: HistoryColumns,
    private readonly timeZone: string,
  ) {}

  of(filters: OpenedFilter["filters"], asOf: string): Partial<AggregationResults> {
    if (this.prepared?.asOf !== asOf) {
      this.prepared = prepareHistory(this.history, { asOf, timeZone: this.timeZone });
    }
    return aggregateHistory(this.prepared, [filters])[0]!;
  }
}

export interface CheckedResults {
  equal: number;
  differing: number;
  stale: number;
  differences: Difference[];
  /** What is stored, by filter hash. */
  rows: Map<string, StoredRow[]>;
}

function nothingChecked(rows: CheckedResults["rows"]): CheckedResults {
  return { equal: 0, differing: 0, stale: 0, differences: [], rows };
}

const STALE_FAULTS = new Set<Difference["fault"]>(["older-version", "stale-time-zone"]);

/** Compares the ten results of each filter with what is expected of them. */
export async function checkResults(
  ctx: ActionCtx,
  userId: string,
  filters: readonly OpenedFilter[],
  timeZone: string,
  history: HistoryColumns,
): Promise<CheckedResults> {
  const checked = nothingChecked(new Map());
  const expectation = new Expectation(history, timeZone);
  for (const filter of filters) {
    const { filterHash } = filter;
    const rows: StoredRow[] | null = await ctx.runQuery(internal.check.stored, {
      userId,
      filterHash,
    });
    if (rows === null) continue;
    checked.rows.set(filterHash, rows);
    checkFilter(checked, filter, rows, timeZone, expectation);
  }
  return checked;
}

function checkFilter(
  checked: CheckedResults,
  { filterHash, filters }: OpenedFilter,
  rows: readonly StoredRow[],
  timeZone: string,
  expectation: Expectation,
): void {
  const expected = new Map<string, Partial<AggregationResults>>();
  for (const aggregationType of AGGREGATION_TYPES) {
    const found = rows.filter((row) => row.aggregationType === aggregationType);
    // What newer code has stored, this code cannot judge.
    if (found.some(({ version }) => version > AGGREGATION_VERSIONS[aggregationType])) continue;
    const faults = faultsOf(aggregationType, found, timeZone, ({ asOf }) => {
      let results = expected.get(asOf);
      if (results === undefined) expected.set(asOf, (results = expectation.of(filters, asOf)));
      return results[aggregationType];
    });
    const place = { aggregationType, filterHash, filters };
    checked.differences.push(...faults.map((fault) => ({ ...place, ...fault })));
    if (faults.length === 0) checked.equal += 1;
    else if (faults.every(({ fault }) => STALE_FAULTS.has(fault))) checked.stale += 1;
    else checked.differing += 1;
  }
}

type Fault = Pick<Difference, "fault" | "path" | "stored" | "expected">;

function faultsOf(
  type: AggregationType,
  rows: readonly StoredRow[],
  timeZone: string,
  expectedOf: (row: StoredRow) => unknown,
): Fault[] {
  const [row, second] = rows;
  if (row === undefined) return [fault("missing-result", "$", "no row", "one row")];
  if (second !== undefined) {
    return [fault("duplicate-result", "$", `${rows.length} rows`, "one row")];
  }
  const version = AGGREGATION_VERSIONS[type];
  if (row.version < version) {
    return [fault("older-version", "version", String(row.version), String(version))];
  }
  if (row.timeZone !== timeZone) {
    return [fault("stale-time-zone", "metadata.timeZone", row.timeZone, timeZone)];
  }
  return differencesBetween(row.data, expectedOf(row), { limit: MAX_OF_RESULT }).map((leaf) => ({
    fault: "value" as const,
    ...leaf,
  }));
}

function fault(name: Fault["fault"], path: string, stored: string, expected: string): Fault {
  return { fault: name, path, stored, expected };
}

/** Whether all that is stored, and is of now, is what another history comes to. */
export function agreesWith(
  { rows }: CheckedResults,
  filters: readonly OpenedFilter[],
  timeZone: string,
  history: HistoryColumns,
): boolean {
  const checked = nothingChecked(rows);
  const expectation = new Expectation(history, timeZone);
  for (const filter of filters) {
    const stored = rows.get(filter.filterHash);
    if (stored !== undefined) checkFilter(checked, filter, stored, timeZone, expectation);
  }
  return checked.differing === 0;
}
