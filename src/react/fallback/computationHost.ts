import { expose, wrap, type Remote } from "comlink";
import type { Computation } from "./computation";

/** The computation, wherever it runs. */
export interface ComputationHost {
  /** Calls it; rejects where it fails, or where its worker dies. */
  run: <T>(call: (computation: Remote<Computation>) => Promise<T>) => Promise<T>;
  end: () => void;
}

/**
 * Starts the computation in a Web Worker; in the page itself where there are none, or where the
 * page's security policy lets none load.
 */
export async function startComputation(): Promise<ComputationHost> {
  if (typeof Worker === "undefined") return await startInPage();
  const host = startInWorker();
  try {
    await host.run((computation) => computation.begin());
    return host;
  } catch {
    host.end();
    return await startInPage();
  }
}

function startInWorker(): ComputationHost {
  const worker = new Worker(new URL("./computation.worker.ts", import.meta.url), {
    type: "module",
  });
  const computation = wrap<Computation>(worker);
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener("error", (event) => {
      reject(new Error(`the worker failed: ${event.message || "it could not be loaded"}`));
    });
  });
  died.catch(() => undefined); // seen by whoever waits for a call
  return {
    run: async (call) => await Promise.race([call(computation), died]),
    end: () => worker.terminate(),
  };
}

async function startInPage(): Promise<ComputationHost> {
  const { Computation } = await import("./computation");
  const { port1, port2 } = new MessageChannel();
  expose(new Computation(), port1);
  const computation = wrap<Computation>(port2);
  return {
    run: async (call) => await call(computation),
    end: () => {
      port1.close();
      port2.close();
    },
  };
}
