import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run demo -- [--once] [--file PATH] [--open] [--port PORT] [--page-port PORT]

  --once            stop after the summary; exit code 0 only if nothing differs
  --file PATH       your own watch-history.html or .json, or its .zip, instead of the sample
  --open            open the dashboard in your browser
  --port PORT       port of the local backend (default: any free one)
  --page-port PORT  port of the dashboard (default: 4173, or the next free one)`;

const SAMPLE = join(import.meta.dirname, "../sample/watch-history.json");
const DEFAULT_PAGE_PORT = "4173";

export interface DemoOptions {
  isOnce: boolean;
  file: string;
  isOpened: boolean;
  port: number;
  pagePort: number;
}

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): DemoOptions {
  return parseCommandLine(() => {
    const { values } = parseArgs({
      args: argv,
      options: {
        once: { type: "boolean" },
        file: { type: "string" },
        open: { type: "boolean" },
        port: { type: "string" },
        "page-port": { type: "string" },
      },
    });
    return {
      isOnce: values.once ?? false,
      file: values.file ?? SAMPLE,
      isOpened: values.open ?? false,
      port: parsePort("--port", values.port ?? "0"),
      pagePort: parsePort("--page-port", values["page-port"] ?? DEFAULT_PAGE_PORT),
    };
  });
}

function parsePort(name: string, text: string): number {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${name} is ${text}; it must be a number from 0 to 65535`);
}
