import { useConvex, type ConvexReactClient } from "convex/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { newTally, type ImportReceipt, type ImportTally } from "../../importer";
import { nameOf, type ChosenFile } from "./chosenFiles";
import { runImport, type ReadOptions, type RunningImport } from "./runImport";

/** An import as the page shows it. */
export type ImportState =
  | { phase: "idle" }
  | {
      phase: "running";
      fileName: string;
      /** Bytes. */
      size: number;
      bytesRead: number;
      tally: ImportTally;
      /** What it waits for, where it does. */
      waiting: string | null;
      isStopping: boolean;
    }
  | {
      phase: "done";
      receipt: ImportReceipt;
      /** Watches without a time that it removed first; null where it was not to. */
      removed: number | null;
    }
  /** It could not even begin. */
  | { phase: "failed"; fileName: string; message: string };

export interface ImportControl {
  state: ImportState;
  start: (files: readonly ChosenFile[]) => void;
  /** Imports the same files again, with the watches that are marked as advertisements. */
  startWithAds: () => void;
  /** Removes all watches without a time, then imports the same files again. */
  startReplacing: () => void;
  /** Ends a running import; what was sent stays. */
  stop: () => void;
  /** Ends a running import at once, without a receipt, and puts results away. */
  abandon: () => void;
  /** Puts the result away. */
  dismiss: () => void;
}

interface Chosen {
  files: readonly ChosenFile[];
  keepAds: boolean;
  replacesUndated: boolean;
}

const IDLE: ImportState = { phase: "idle" };

/** Imports files chosen on the page, one at a time; `timeZone` settles what an export leaves open. */
export function useImport(timeZone: string): ImportControl {
  const client = useConvex();
  const [state, setState] = useState<ImportState>(IDLE);
  const running = useRef<RunningImport | null>(null);
  useEffect(() => () => running.current?.abandon(), []);
  const latest = useRef<Chosen>({ files: [], keepAds: false, replacesUndated: false });
  const startWith = useCallback(
    (chosen: Chosen) => {
      if (running.current !== null) return;
      latest.current = chosen;
      const { files, ...options } = chosen;
      const onEnd = () => (running.current = null);
      running.current = begin(client, files, { timeZone, ...options }, setState, onEnd);
    },
    [client, timeZone],
  );
  const start = useCallback(
    (files: readonly ChosenFile[]) => startWith({ files, keepAds: false, replacesUndated: false }),
    [startWith],
  );
  const startWithAds = useCallback(
    () => startWith({ ...latest.current, keepAds: true, replacesUndated: false }),
    [startWith],
  );
  const startReplacing = useCallback(
    () => startWith({ ...latest.current, replacesUndated: true }),
    [startWith],
  );
  const stop = useCallback(() => {
    running.current?.stop();
    setState((state) => (state.phase === "running" ? { ...state, isStopping: true } : state));
  }, []);
  const abandon = useCallback(() => {
    running.current?.abandon();
    running.current = null;
    setState(IDLE);
  }, []);
  const dismiss = useCallback(() => setState(IDLE), []);
  return { state, start, startWithAds, startReplacing, stop, abandon, dismiss };
}

function begin(
  client: ConvexReactClient,
  files: readonly ChosenFile[],
  options: ReadOptions,
  setState: (update: ImportState | ((state: ImportState) => ImportState)) => void,
  onEnd: () => void,
): RunningImport {
  const update = (changes: Partial<Extract<ImportState, { phase: "running" }>>) =>
    setState((state) => (state.phase === "running" ? { ...state, ...changes } : state));
  const fileName = nameOf(files);
  setState({
    phase: "running",
    fileName,
    size: files.reduce((sum, { file }) => sum + file.size, 0),
    bytesRead: 0,
    tally: newTally(),
    waiting: null,
    isStopping: false,
  });
  return runImport(client, files, options, {
    onProgress: ({ bytesRead, tally }) => update({ bytesRead, tally, waiting: null }),
    onWait: (waiting) => update({ waiting }),
    onEnd: (receipt, removed) => {
      onEnd();
      setState({ phase: "done", receipt, removed });
    },
    onFailure: (message) => {
      onEnd();
      setState({ phase: "failed", fileName, message });
    },
  });
}
