import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run dev [-- --user USER] [--port PORT]

  --user USER  who is signed in (default: demo)
  --port PORT  port of the page (default: 5173, or the next free one)`;

export interface DevOptions {
  user: string;
  port: number;
}

const DEFAULT_PORT = 5_173;
const MAX_PORT = 65_535;

/** @throws UsageError for what cannot be used. */
export function parseOptions(args: string[]): DevOptions {
  const options = { user: { type: "string" }, port: { type: "string" } } as const;
  const { values } = parseCommandLine(() => parseArgs({ args, options }));
  const port = Number(values.port ?? DEFAULT_PORT);
  if (values.port !== "" && Number.isInteger(port) && port >= 0 && port <= MAX_PORT) {
    return { user: values.user ?? "demo", port };
  }
  throw new UsageError(
    `--port is ${values.port ?? ""}; it must be a number from 0 to ${String(MAX_PORT)}`,
  );
}
