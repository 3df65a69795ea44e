/** Stored columns that are not what `encodeSegment` and `HistoryDictionary` write. */
export class CorruptColumnsError extends Error {
  override name = "CorruptColumnsError";
}
