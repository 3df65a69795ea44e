import { ConvexClient, ConvexHttpClient } from "convex/browser";
import type { FunctionArgs, FunctionReference, FunctionReturnType } from "convex/server";
import { WebSocket } from "ws";
import { api, internal } from "../../convex/_generated/api";
import { canonicalTimeZone } from "../../src/engine";
import { DEFAULT_OPTIONS } from "../../src/react";
import { runAsAdmin } from "../adminClient";
import { runCommand } from "../console/command";
import { interrupted } from "../console/endSignals";
import type { Surroundings } from "../console/surroundings";
import { buildDashboard, OPERATOR, serveDashboard } from "../dashboard";
import { mintToken, startLocalBackend, type LocalBackend } from "../localBackend";
import { checkResults, recordsOf, type CheckReport } from "./check";
import { importRecords, type ImportedRecords } from "./importRecords";
import { parseOptions, USAGE, type DemoOptions } from "./options";
import { readExport, type ReadExport } from "./readExport";
import { summarize } from "./summary";

const USER_ID = "demo";
const MAX_DIFFERENCES_SHOWN = 10;

/** `npm run demo`: an export, its results and the page, on a local backend. Returns the exit code. */
export async function demo(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, () => main(parseOptions(around.args), around));
}

async function main(options: DemoOptions, { signal }: Surroundings): Promise<number> {
  const startedAt = performance.now();
  const exported = await readExport(options.file);
  const backend = await startLocalBackend({ port: options.port });
  try {
    console.log(`Local backend ready at ${backend.url}`);
    await runAsAdmin(backend, internal.flags.setDefault, {
      key: DEFAULT_OPTIONS.flagKey,
      value: true,
    });
    const token = await mintToken(USER_ID);
    const client = new ConvexHttpClient(backend.url, { logger: false });
    client.setAuth(token);
    await client.mutation(api.settings.setTimeZone, { timeZone: localTimeZone() });
    const imported = await importRecords(client, exported.records);
    const flag = await waitForRecompute(backend.url, token);
    const refused = new Set(imported.refused.map(({ record }) => record));
    const report = await checkResults(client, recordsOf(exported.records, refused));
    printSummary(exported, imported, report, flag, performance.now() - startedAt);
    if (!options.isOnce) await showDashboard(backend, options, signal);
    return report.differences.length === 0 && flag.value ? 0 : 1;
  } finally {
    await backend.close();
  }
}

function localTimeZone(): string {
  return canonicalTimeZone(new Intl.DateTimeFormat().resolvedOptions().timeZone) ?? "UTC";
}

type Flag = FunctionReturnType<typeof api.flags.evaluate>;

/**
 * Resolves when the stored results cover all changes and were validated, as a subscriber sees it,
 * to what the flag then is.
 */
async function waitForRecompute(url: string, token: string): Promise<Flag> {
  const client = new ConvexClient(url, {
    // `ws` implements the browser's interface; its type differs in details nobody uses here.
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  client.setAuth(() => Promise.resolve(token));
  console.log("Recomputing …");
  try {
    await until(client, api.aggregations.status, {}, (status) => {
      if (status.lastError !== null) throw new Error(`recompute: ${status.lastError}`);
      return status.pendingChanges === 0 && status.lastRecomputedAt !== null;
    });
    console.log("Validating …");
    const key = DEFAULT_OPTIONS.flagKey;
    return await until(client, api.flags.evaluate, { key }, ({ reason }) => reason !== "DEFAULT");
  } finally {
    await client.close();
  }
}

/** Resolves to the first value of a query that is looked for. */
async function until<Query extends FunctionReference<"query">>(
  client: ConvexClient,
  query: Query,
  args: FunctionArgs<Query>,
  isLookedFor: (value: FunctionReturnType<Query>) => boolean,
): Promise<FunctionReturnType<Query>> {
  return await new Promise((resolve, reject) => {
    const onValue = (value: FunctionReturnType<Query>) => {
      try {
        if (isLookedFor(value)) resolve(value);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    client.onUpdate(query, args, onValue, reject);
  });
}

function printSummary(
  exported: ReadExport,
  { tally, refused }: ImportedRecords,
  report: CheckReport,
  flag: Flag,
  elapsedMs: number,
): void {
  const skipped = Object.entries(exported.skipped).map(
    ([reason, count]) => `${String(count)} ${reason}`,
  );
  const counted: [string, string][] = [
    ["entries", String(exported.entryCount)],
    ["skipped", skipped.length === 0 ? "none" : skipped.join(", ")],
    ["records", `${String(tally.inserted + tally.undated)} (${String(tally.undated)} undated)`],
    ["duplicates", String(tally.alreadyThere)],
    ["rejected", String(refused.length)],
    ["results", String(report.resultCount)],
    ["differences", String(report.differences.length)],
    ["flag", `${flag.variant} (${flag.reason})`],
  ];
  if (report.differences.length === 0) console.log(`\n${summarize(report.all)}`);
  console.log(`\n${counted.map(([name, value]) => `  ${name.padEnd(12)} ${value}`).join("\n")}`);
  for (const { reason } of refused.slice(0, MAX_DIFFERENCES_SHOWN)) {
    console.log(`  rejected: ${reason}`);
  }
  for (const difference of report.differences.slice(0, MAX_DIFFERENCES_SHOWN)) {
    const { timeframe, type, path, stored, expected } = difference;
    console.log(`  ${timeframe} ${type} ${path}: stored ${stored}, expected ${expected}`);
  }
  const seconds = (elapsedMs / 1000).toFixed(1);
  const isEqual = report.differences.length === 0;
  const verdict = isEqual ? (flag.value ? "all equal" : "ROLLED BACK") : "DIFFERENCES";
  console.log(
    `\nDone in ${seconds} s: ${String(report.resultCount)} stored results checked, ${verdict}.`,
  );
}

async function showDashboard(
  backend: LocalBackend,
  { isOpened, pagePort }: DemoOptions,
  signal: AbortSignal,
): Promise<void> {
  console.log("\nBuilding the dashboard …");
  await buildDashboard();
  const page = await serveDashboard({
    backend,
    userId: USER_ID,
    claims: OPERATOR,
    port: pagePort,
    isOpened,
  });
  console.log(`Dashboard at ${page.url}, signed in as ${USER_ID}. Press Ctrl-C to stop.`);
  await interrupted(signal);
  await page.close();
}
