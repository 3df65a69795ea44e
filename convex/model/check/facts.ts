import {
  decodeHistory,
  encodeSegment,
  FingerprintTable,
  HistoryDictionary,
  type HistoryColumns,
  type WatchRecord,
} from "../../../src/engine";
import { internal } from "../../_generated/api";
import type { ActionCtx } from "../../_generated/server";
import { partitionOf } from "../partitions";
import { MAX_DIFFERENCES } from "./report";

/** Records of one page: some 2 MB read. */
const PAGE_RECORDS = 4_000;

/** A user's records, as the check computes from them. */
export interface Facts {
  history: HistoryColumns;
  /** By partition: what the segment of each must come to. */
  fingerprints: FingerprintTable<string>;
  /** Keys of records that are there more than once, as many as are told at most. */
  duplicateKeys: string[];
}

interface Page {
  page: { record: WatchRecord; recordKey: string }[];
  isDone: boolean;
  continueCursor: string;
}

/** Reads all records, in pages, and keeps columns: some ten bytes a record. */
export async function loadFacts(ctx: ActionCtx, userId: string): Promise<Facts> {
  const dictionary = HistoryDictionary.decode([]);
  const segments: Uint8Array[] = [];
  const fingerprints = new FingerprintTable<string>();
  const duplicateKeys = new Set<string>();
  let previousKey: string | null = null;
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const paginationOpts = { numItems: PAGE_RECORDS, cursor };
    const result: Page = await ctx.runQuery(internal.check.page, { userId, paginationOpts });
    for (const { record, recordKey } of result.page) {
      fingerprints.add(partitionOf(record.watchedAt, recordKey), record);
      // In order of time, then key: what was imported twice lies side by side.
      const isTwice = recordKey === previousKey && duplicateKeys.size < MAX_DIFFERENCES;
      if (isTwice) duplicateKeys.add(recordKey);
      previousKey = recordKey;
    }
    const records = result.page.map(({ record }) => record);
    const undated = records.filter(({ watchedAt }) => watchedAt === null);
    const dated = records.filter(({ watchedAt }) => watchedAt !== null);
    for (const part of [undated, dated]) {
      if (part.length > 0) segments.push(encodeSegment(part, dictionary));
    }
    ({ isDone, continueCursor: cursor } = result);
  }
  const history = decodeHistory(dictionary, segments);
  return { history, fingerprints, duplicateKeys: [...duplicateKeys] };
}
