import type { AsyncLocalStorage } from "node:async_hooks";
import type { Execution } from "./engine";

const LEVELS = { log: "LOG", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG" } as const;

const routed = new WeakSet();

/**
 * Sends what functions log to the execution they run in, and all else to the terminal as before.
 */
export function routeConsole(executions: AsyncLocalStorage<Execution>): void {
  if (routed.has(executions)) return;
  routed.add(executions);
  for (const [method, level] of Object.entries(LEVELS)) {
    const name = method as keyof typeof LEVELS; // Object.entries widens the keys it was given
    const write = console[name].bind(console);
    console[name] = (...values: unknown[]) => {
      const execution = executions.getStore();
      if (execution === undefined) write(...values);
      // Who takes the line may print it: that is no further line of the execution.
      else executions.exit(() => execution.log(level, values));
    };
  }
}
