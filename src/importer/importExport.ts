import {
  parseTakeout,
  TakeoutError,
  type FoundHistory,
  type ParsedEntry,
  type TakeoutSource,
} from "../takeout";
import { messageOf } from "./backOff";
import { Coverage } from "./coverage";
import { importEntries, type Ingest } from "./importEntries";
import { COMPLETE, receiptOf, type ImportEnd, type ImportReceipt } from "./receipt";
import { newTally, type ImportTally } from "./tally";

export interface ImportExportOptions {
  importId: string;
  fileName: string;
  ingest: Ingest;
  /** The user's IANA zone: settles the abbreviations in HTML exports. */
  timeZone: string;
  /** Watches that are marked as advertisements are imported, too; default false. */
  keepAds?: boolean;
  /** Epoch milliseconds. */
  now: () => number;
  /** Stops the import; what is under way is waited for. */
  signal?: AbortSignal;
  /** Called after each answer of the backend. */
  onTally?: (tally: ImportTally) => void;
}

/**
 * Imports an export from end to end. It does not throw: whatever happens, the receipt says how it
 * ended and where every entry went.
 */
export async function importExport(
  source: TakeoutSource,
  options: ImportExportOptions,
): Promise<ImportReceipt> {
  const { importId, fileName, ingest, timeZone, keepAds = false, now, signal, onTally } = options;
  const startedAt = now();
  const histories: FoundHistory[] = [];
  const tally = newTally();
  const coverage = new Coverage();
  const onLost = (count: number) => coverage.noteLost(count);
  const onUnread = (problem: string) => coverage.noteUnread(problem);
  const onHistory = (history: FoundHistory) => {
    histories.push(history);
    coverage.noteHistory(history);
  };
  const told = { onHistory, onLost, onUnread };
  const entries = parseTakeout(source, { now: startedAt, timeZone, keepAds, ...told });
  let end = COMPLETE;
  try {
    const noted = noteTimes(entries, coverage);
    await importEntries(noted, { ingest, tally, signal, ...(onTally && { onTally }) });
  } catch (error) {
    end = endOf(error, signal);
  }
  return receiptOf(
    // A clock may be set back meanwhile; the backend refuses a receipt that ends before it starts.
    { importId, fileName, histories, startedAt, finishedAt: Math.max(startedAt, now()) },
    end,
    tally,
    coverage,
  );
}

async function* noteTimes(
  entries: AsyncIterable<ParsedEntry>,
  coverage: Coverage,
): AsyncGenerator<ParsedEntry, void, void> {
  for await (const entry of entries) {
    if ("record" in entry) coverage.note(entry.record, entry.undatedReason);
    yield entry;
  }
}

const STOPPED: ImportEnd = {
  outcome: "stopped",
  message:
    "Stopped. What was imported stays; import the file again to go on: nothing is added twice.",
};

function endOf(error: unknown, signal: AbortSignal | undefined): ImportEnd {
  if (signal?.aborted === true) return STOPPED;
  if (error instanceof TakeoutError) {
    const isBroken = error.code !== "NOT_WATCH_HISTORY" && error.entriesRead > 0;
    return { outcome: isBroken ? "ended-early" : "refused", message: error.message };
  }
  return { outcome: "failed", message: messageOf(error) };
}
