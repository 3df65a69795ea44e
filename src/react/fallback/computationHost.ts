import type { Computation, Method } from "./computation";
import type { Call, Reply } from "./computation.worker";

type Result<M extends Method> = ReturnType<Computation[M]>;

/** The computation, wherever it runs. */
export interface ComputationHost {
  /** Calls a method; rejects where it throws, or where its worker dies. */
  run: <M extends Method>(method: M, ...args: Parameters<Computation[M]>) => Promise<Result<M>>;
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
    await host.run("begin");
    return host;
  } catch {
    host.end();
    return await startInPage();
  }
}

/** The worker answers calls one after the other, so a reply is the oldest waiting call's. */
function startInWorker(): ComputationHost {
  const worker = new Worker(new URL("./computation.worker.ts", import.meta.url), {
    type: "module",
  });
  const waiting: { resolve: (value: unknown) => void; reject: (error: unknown) => void }[] = [];
  let death: Error | null = null;
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    const call = waiting.shift();
    if ("error" in data) call?.reject(data.error);
    else call?.resolve(data.value);
  });
  worker.addEventListener("error", ({ message }) => {
    death = new Error(`the worker failed: ${message || "it could not be loaded"}`);
    for (const call of waiting.splice(0)) call.reject(death);
  });
  return {
    run: async (method, ...args) => {
      if (death !== null) throw death;
      const reply = new Promise<unknown>((resolve, reject) => waiting.push({ resolve, reject }));
      worker.postMessage({ method, args } satisfies Call);
      // The worker sends back what the method returns.
      return (await reply) as Result<typeof method>;
    },
    end: () => worker.terminate(),
  };
}

async function startInPage(): Promise<ComputationHost> {
  const { Computation, invoke } = await import("./computation");
  const computation = new Computation();
  return {
    run: (method, ...args) =>
      new Promise((resolve) => {
        resolve(invoke(computation, method, args) as Result<typeof method>);
      }),
    end: () => undefined,
  };
}
