import { executions } from "./executions";

const LEVELS = { log: "LOG", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG" } as const;

let isRouted = false;

/**
 * Sends what functions log to the execution they run in, and all else to the terminal as before.
 */
export function routeConsole(): void {
  if (isRouted) return;
  isRouted = true;
  for (const [method, level] of Object.entries(LEVELS)) {
    const name = method as keyof typeof LEVELS; // Object.entries widens the keys it was given
    const write = console[name].bind(console);
    console[name] = (...values: unknown[]) => {
      const execution = executions.getStore();
      if (execution === undefined) write(...values);
      // The execution may print the line, which must not come back here.
      else executions.exit(() => execution.log(level, values));
    };
  }
}
