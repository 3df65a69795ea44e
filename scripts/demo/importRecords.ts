import type { ConvexHttpClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import { importEntries, type ImportTally } from "../../src/importer";
import type { ParsedEntry, TakeoutRecord } from "../../src/takeout";
import { startProgress } from "../console/progress";

export interface ImportedRecords {
  tally: ImportTally;
  refused: { record: TakeoutRecord; reason: string }[];
}

/** Imports records that were read before, showing how far it is. */
export async function importRecords(
  client: ConvexHttpClient,
  records: readonly TakeoutRecord[],
): Promise<ImportedRecords> {
  const refused: ImportedRecords["refused"] = [];
  const progress = startProgress("Importing", records.length, "records");
  const tally = await importEntries(entriesOf(records), {
    ingest: (batch) => client.mutation(api.watchRecords.ingest, { records: batch }),
    onTally: ({ entries, unsent }) => progress.update(entries - unsent),
    onRejected: (record, reason) => void refused.push({ record, reason }),
  });
  progress.stop();
  return { tally, refused };
}

async function* entriesOf(records: readonly TakeoutRecord[]): AsyncGenerator<ParsedEntry> {
  for (const record of records) yield await Promise.resolve({ record });
}
