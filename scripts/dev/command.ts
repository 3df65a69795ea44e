import { internal } from "../../convex/_generated/api";
import { DEFAULT_OPTIONS } from "../../src/react";
import { runAsAdmin } from "../adminClient";
import { runCommand } from "../console/command";
import { interrupted } from "../console/endSignals";
import type { Surroundings } from "../console/surroundings";
import { OPERATOR, serveSources } from "../dashboard";
import { startLocalBackend } from "../localBackend";
import { parseOptions, USAGE, type DevOptions } from "./options";

/** `npm run dev`: the page from its sources, on a local backend. Returns the exit code. */
export async function dev(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, () => main(parseOptions(around.args), around));
}

async function main({ user: userId, port }: DevOptions, { signal }: Surroundings): Promise<number> {
  const backend = await startLocalBackend({ onLog: (line) => console.log(line) });
  await runAsAdmin(backend, internal.flags.setDefault, {
    key: DEFAULT_OPTIONS.flagKey,
    value: true,
  });
  const page = await serveSources({ backend, userId, claims: OPERATOR, port });
  console.log(`Dashboard at ${page.url}, signed in as ${userId}; backend at ${backend.url}`);
  console.log("Its data is in memory only. Press Ctrl-C to stop both.");
  await interrupted(signal);
  await page.close();
  await backend.close();
  return 0;
}
