import { useConvex, type ConvexReactClient } from "convex/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { newTally, type ImportReceipt, type ImportTally } from "../../importer";
import { runImport, type RunningImport } from "./runImport";

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
  | { phase: "done"; receipt: ImportReceipt }
  /** It could not even begin. */
  | { phase: "failed"; fileName: string; message: string };

export interface ImportControl {
  state: ImportState;
  start: (file: File) => void;
  /** Ends a running import; what was sent stays. */
  stop: () => void;
  /** Ends a running import at once, without a receipt, and puts results away. */
  abandon: () => void;
  /** Puts the result away. */
  dismiss: () => void;
}

const IDLE: ImportState = { phase: "idle" };

/** Imports a file chosen on the page, one at a time; `timeZone` settles what an export leaves open. */
export function useImport(timeZone: string): ImportControl {
  const client = useConvex();
  const [state, setState] = useState<ImportState>(IDLE);
  const running = useRef<RunningImport | null>(null);
  useEffect(() => () => running.current?.abandon(), []);
  const start = useCallback(
    (file: File) => {
      if (running.current !== null) return;
      running.current = begin(client, file, timeZone, setState, () => (running.current = null));
    },
    [client, timeZone],
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
  return { state, start, stop, abandon, dismiss };
}

function begin(
  client: ConvexReactClient,
  file: File,
  timeZone: string,
  setState: (update: ImportState | ((state: ImportState) => ImportState)) => void,
  onEnd: () => void,
): RunningImport {
  const update = (changes: Partial<Extract<ImportState, { phase: "running" }>>) =>
    setState((state) => (state.phase === "running" ? { ...state, ...changes } : state));
  setState({
    phase: "running",
    fileName: file.name,
    size: file.size,
    bytesRead: 0,
    tally: newTally(),
    waiting: null,
    isStopping: false,
  });
  return runImport(client, file, timeZone, {
    onProgress: ({ bytesRead, tally }) => update({ bytesRead, tally, waiting: null }),
    onWait: (waiting) => update({ waiting }),
    onEnd: (receipt) => {
      onEnd();
      setState({ phase: "done", receipt });
    },
    onFailure: (message) => {
      onEnd();
      setState({ phase: "failed", fileName: file.name, message });
    },
  });
}
