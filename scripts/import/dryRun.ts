import { keyOf, normalizeRecord, RecordRefusal } from "../../convex/model/records";
import type { Ingest, IngestAnswer } from "../../src/importer";

/** Answers as the backend would for a user without records; nothing is sent. */
export function dryRunIngest(now: number): Ingest {
  const keys = new Set<string>();
  return (records) => {
    const answer: IngestAnswer = { inserted: 0, duplicates: 0, rejected: [] };
    for (const [index, record] of records.entries()) {
      try {
        const key = keyOf(normalizeRecord(record, now), record);
        if (keys.has(key)) answer.duplicates += 1;
        else answer.inserted += 1;
        keys.add(key);
      } catch (error) {
        if (!(error instanceof RecordRefusal)) throw error;
        answer.rejected.push({ index, reason: error.message });
      }
    }
    return Promise.resolve(answer);
  };
}
