import {
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  type HistoryColumns,
  type WatchRecord,
} from "../../src/engine/index";

/** What a deployment keeps of one user: dictionary parts, one segment a UTC month, one of undated records. */
export interface StoredBytes {
  parts: Uint8Array[];
  /** By month, ascending; the undated ones, under "", first. */
  segments: { month: string; bytes: Uint8Array }[];
}

/** `records` oldest first, undated ones anywhere. */
export function storeHistory(records: readonly WatchRecord[]): StoredBytes {
  const byMonth = new Map<string, WatchRecord[]>([["", []]]);
  for (const record of records) {
    const month = record.watchedAt === null ? "" : utcMonth(record.watchedAt);
    const ofMonth = byMonth.get(month);
    if (ofMonth) ofMonth.push(record);
    else byMonth.set(month, [record]);
  }
  const dictionary = HistoryDictionary.decode([]);
  const segments = [...byMonth]
    .filter(([, ofMonth]) => ofMonth.length > 0)
    .map(([month, ofMonth]) => ({ month, bytes: encodeSegment(ofMonth, dictionary) }));
  const parts: Uint8Array[] = [];
  for (const { part, bytes } of dictionary.changedParts()) parts[part] = bytes;
  return { parts, segments };
}

/** Everything, or only the months that reach beyond `fromMs`, with the attributes kept beside them. */
export function readHistory(
  stored: StoredBytes,
  suffix?: { fromMs: number; attributes: Uint8Array },
): HistoryColumns {
  const dictionary = HistoryDictionary.decode(stored.parts);
  const segments = stored.segments.map(({ bytes }) => bytes);
  if (!suffix) return decodeHistory(dictionary, segments);
  const firstMonth = utcMonth(suffix.fromMs);
  const needed = stored.segments.filter(({ month }) => month >= firstMonth);
  return decodeHistory(
    dictionary,
    needed.map(({ bytes }) => bytes),
    suffix.attributes,
  );
}

export function byteLength({ parts, segments }: StoredBytes): number {
  const all = [...parts, ...segments.map(({ bytes }) => bytes)];
  return all.reduce((total, bytes) => total + bytes.byteLength, 0);
}

function utcMonth(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 7);
}
