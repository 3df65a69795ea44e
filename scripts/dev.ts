import { parseArgs } from "node:util";
import { internal } from "../convex/_generated/api";
import { DEFAULT_OPTIONS } from "../src/react";
import { runAsAdmin } from "./adminClient";
import { OPERATOR, serveSources } from "./dashboard";
import { parseCommandLine, UsageError } from "./console/usageError";
import { endSignal } from "./endSignal";
import { startLocalBackend } from "./localBackend";

const USAGE = `Usage: npm run dev [-- --user USER] [--port PORT]

  --user USER  who is signed in (default: demo)
  --port PORT  port of the page (default: 5173, or the next free one)`;

const DEFAULT_PORT = 5_173;

async function main(): Promise<void> {
  const { values } = parseCommandLine(() =>
    parseArgs({ options: { user: { type: "string" }, port: { type: "string" } } }),
  );
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--port is ${values.port ?? ""}; it must be a number from 0 to 65535`);
  }
  const ended = endSignal();
  const backend = await startLocalBackend({ onLog: (line) => console.log(line) });
  await runAsAdmin(backend, internal.flags.setDefault, {
    key: DEFAULT_OPTIONS.flagKey,
    value: true,
  });
  const userId = values.user ?? "demo";
  const page = await serveSources({ backend, userId, claims: OPERATOR, port });
  console.log(`Dashboard at ${page.url}, signed in as ${userId}; backend at ${backend.url}`);
  console.log("Its data is in memory only. Press Ctrl-C to stop both.");
  await ended;
  await page.close();
  await backend.close();
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
