import { proxy, wrap } from "comlink";
import { useConvex, type ConvexReactClient } from "convex/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../../../convex/_generated/api";
import { newTally, type ImportTally } from "../../importer";
import type { ImportProgress, ImportWorker } from "./import.worker";

/** An import as the page shows it. */
export type ImportState =
  | { phase: "idle" }
  | { phase: "running"; fileName: string; size: number; bytesRead: number; tally: ImportTally }
  | { phase: "done"; fileName: string; tally: ImportTally }
  | { phase: "failed"; fileName: string; tally: ImportTally; message: string };

export interface ImportControl {
  state: ImportState;
  start: (file: File) => void;
  /** Ends a running import; what was sent stays. */
  cancel: () => void;
  /** Puts the result away. */
  dismiss: () => void;
}

const IDLE: ImportState = { phase: "idle" };

/** Imports a file chosen on the page, one at a time. */
export function useImport(): ImportControl {
  const client = useConvex();
  const [state, setState] = useState<ImportState>(IDLE);
  const running = useRef<{ end: (message: string) => void } | null>(null);
  useEffect(() => () => running.current?.end("The page was left."), []);
  const start = useCallback(
    (file: File) => {
      if (running.current !== null) return;
      running.current = run(client, file, (next) => {
        if (next.phase !== "running") running.current = null;
        setState(next);
      });
    },
    [client],
  );
  const cancel = useCallback(() => running.current?.end("You stopped the import."), []);
  const dismiss = useCallback(() => setState(IDLE), []);
  return { state, start, cancel, dismiss };
}

function run(client: ConvexReactClient, file: File, onState: (state: ImportState) => void) {
  const worker = new Worker(new URL("./import.worker.ts", import.meta.url), { type: "module" });
  const fileName = file.name;
  let tally = newTally();
  let isEnded = false;
  const end = (state: ImportState) => {
    if (isEnded) return;
    isEnded = true;
    worker.terminate();
    onState(state);
  };
  const fail = (message: string) => end({ phase: "failed", fileName, tally, message });
  const progress = ({ bytesRead, tally: latest }: ImportProgress) => {
    tally = latest;
    if (!isEnded) onState({ phase: "running", fileName, size: file.size, bytesRead, tally });
  };
  worker.addEventListener("error", () => fail("The importer could not be loaded."));
  onState({ phase: "running", fileName, size: file.size, bytesRead: 0, tally });
  wrap<ImportWorker>(worker)
    .importFile(
      file,
      proxy(async (records) => await client.mutation(api.watchRecords.ingest, { records })),
      proxy((step: ImportProgress): Promise<void> => {
        progress(step);
        return Promise.resolve();
      }),
    )
    .then(
      (final) => end({ phase: "done", fileName, tally: final }),
      (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
    );
  return { end: fail };
}
