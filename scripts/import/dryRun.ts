import { normalizeRecord, RecordRefusal } from "../../convex/model/records";
import type { Ingest, IngestAnswer } from "../../src/importer";
import { OTHER_TOPIC } from "../../src/takeout";

/** With topics, the backend derives none: they refuse no record. */
const TOPICS = [OTHER_TOPIC];

/**
 * Answers as the backend would for a user without records; nothing is sent. The importer sends no
 * watch twice, so none is there already.
 */
export function dryRunIngest(now: number): Ingest {
  return (records) => {
    const answer: IngestAnswer = { inserted: 0, duplicates: 0, rejected: [] };
    for (const [index, record] of records.entries()) {
      try {
        normalizeRecord({ ...record, topics: TOPICS }, now);
        answer.inserted += 1;
      } catch (error) {
        if (!(error instanceof RecordRefusal)) throw error;
        answer.rejected.push({ index, reason: error.message });
      }
    }
    return Promise.resolve(answer);
  };
}
