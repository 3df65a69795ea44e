import { internal } from "../convex/_generated/api";
import { DEFAULT_OPTIONS } from "../src/react";
import { runAsAdmin } from "./adminClient";
import { OPERATOR, serveSources } from "./dashboard";
import { UsageError } from "./console/usageError";
import { parseOptions, USAGE, type DevOptions } from "./dev/options";
import { endSignal } from "./endSignal";
import { startLocalBackend } from "./localBackend";

async function main({ user: userId, port }: DevOptions): Promise<void> {
  const ended = endSignal();
  const backend = await startLocalBackend({ onLog: (line) => console.log(line) });
  await runAsAdmin(backend, internal.flags.setDefault, {
    key: DEFAULT_OPTIONS.flagKey,
    value: true,
  });
  const page = await serveSources({ backend, userId, claims: OPERATOR, port });
  console.log(`Dashboard at ${page.url}, signed in as ${userId}; backend at ${backend.url}`);
  console.log("Its data is in memory only. Press Ctrl-C to stop both.");
  await ended;
  await page.close();
  await backend.close();
}

try {
  await main(parseOptions(process.argv.slice(2)));
  process.exit(0);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
