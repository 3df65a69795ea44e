import { proxy, wrap } from "comlink";
import type { ConvexReactClient } from "convex/react";
import { api } from "../../../convex/_generated/api";
import {
  messageOf,
  removeAllUndated,
  withBackOff,
  type BackOffOptions,
  type ImportReceipt,
  type Ingest,
} from "../../importer";
import { nameOf, type ChosenFile } from "./chosenFiles";
import type { ImportProgress, ImportRun, ImportWorker } from "./import.worker";

export interface ImportEvents {
  onProgress: (progress: ImportProgress) => void;
  /** What it waits for. */
  onWait: (waiting: string) => void;
  /** @param removed watches without a time that went first; null where none were to. */
  onEnd: (receipt: ImportReceipt, removed: number | null) => void;
  /** It could not begin. */
  onFailure: (message: string) => void;
}

export interface RunningImport {
  /** Ends it soon, with a receipt. */
  stop: () => void;
  /** Ends it at once, without a word. */
  abandon: () => void;
}

/** After a stop, how long calls under way are waited for; without a connection none comes back. */
const STOP_PATIENCE_MS = 3_000;

export interface ReadOptions extends Pick<ImportRun, "timeZone" | "keepAds"> {
  /** Removes all watches without a time first. */
  replacesUndated: boolean;
}

/** Imports files in a worker; the page sends what comes out, and keeps the receipt. */
export function runImport(
  client: ConvexReactClient,
  files: readonly ChosenFile[],
  { replacesUndated, ...options }: ReadOptions,
  events: ImportEvents,
): RunningImport {
  const worker = new Worker(new URL("./import.worker.ts", import.meta.url), { type: "module" });
  const remote = wrap<ImportWorker>(worker);
  const stopping = new AbortController();
  let isOver = false;
  const end = (tell: () => void) => {
    if (isOver) return;
    isOver = true;
    worker.terminate();
    tell();
  };
  worker.addEventListener("error", () =>
    end(() => events.onFailure("The importer could not be loaded. Nothing was changed.")),
  );
  const waits: BackOffOptions = {
    signal: stopping.signal,
    onWait: ({ delayMs }) =>
      events.onWait(`the server asks for a pause of ${(delayMs / 1000).toFixed(1)} s`),
  };
  const importFiles = async () => {
    const remove = () => client.mutation(api.watchRecords.removeUndated, {});
    const removed = replacesUndated ? await removeAllUndated(remove, waits) : null;
    const receipt = await remote.importFiles(
      files,
      { importId: crypto.randomUUID(), fileName: nameOf(files), ...options },
      proxy(patientIngest(client, waits)),
      proxy((step: ImportProgress): Promise<void> => {
        if (!isOver) events.onProgress(step);
        return Promise.resolve();
      }),
    );
    return { receipt, removed };
  };
  importFiles().then(
    ({ receipt, removed }) => {
      end(() => events.onEnd(receipt, removed));
      if (receipt.entries > 0) void keep(client, receipt);
    },
    (error: unknown) => end(() => events.onFailure(messageOf(error))),
  );
  const stop = () => {
    stopping.abort();
    void remote.stop();
  };
  const abandon = () => {
    stopping.abort(); // what waits for its turn is not sent any more
    end(() => undefined);
  };
  return { stop, abandon };
}

/** Sends records, waiting where the backend asks for it; gives up soon after a stop. */
function patientIngest(client: ConvexReactClient, waits: BackOffOptions): Ingest {
  const stopped = new Promise<never>((_resolve, reject) => {
    waits.signal?.addEventListener("abort", () => {
      setTimeout(() => reject(new Error("stopped")), STOP_PATIENCE_MS);
    });
  });
  stopped.catch(() => undefined); // where no call is under way
  return async (records) => {
    const send = () => client.mutation(api.watchRecords.ingest, { records });
    try {
      return await Promise.race([withBackOff(send, waits), stopped]);
    } catch (error) {
      // An error's data does not cross to the worker.
      throw new Error(messageOf(error), { cause: error });
    }
  };
}

async function keep(client: ConvexReactClient, receipt: ImportReceipt): Promise<void> {
  try {
    await client.mutation(api.importReceipts.save, { receipt });
  } catch {
    // The receipt is on the page; what was imported stands without it.
  }
}
