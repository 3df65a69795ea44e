/**
 * npm run bench:dashboard [-- --records 10000] [--runs 7] [--json]
 *
 * Measures what a person waits for: from navigation to ten painted panels, and from a filter change
 * to the repaint, with stored results and computed in the browser, on the local backend; how long a change takes to show; and
 * what a rollback takes on a mounted page.
 */
import { parseArgs } from "node:util";
import { ConvexHttpClient } from "convex/browser";
import type { Browser } from "playwright-core";
import { api, internal } from "../../../convex/_generated/api";
import { DEFAULT_OPTIONS } from "../../../src/react";
import { runAsAdmin } from "../../adminClient";
import { bundleFigures } from "./bundles";
import { measureLive } from "./live";
import { measurePage, type PageTimes } from "./page";
import { measureRollback } from "./rollback";
import { makeHistory } from "../history";
import { asTable, count, endProgress, progress, thisMachine, type Figure } from "../report";
import { buildDashboard, serveDashboard } from "../../dashboard";
import type { Surroundings } from "../../console/surroundings";
import { chromiumPath, launchBrowser, MISSING_CHROMIUM } from "../../dashboard/browser";
import { developmentUserId, startLocalBackend, type LocalBackend } from "../../localBackend";

const USAGE = "Usage: npm run bench:dashboard -- [--records 10000] [--runs 7] [--json]";
const BATCH_RECORDS = 500;
/** Two frames at 60 a second. */
const TWO_FRAMES_MS = 1000 / 30;

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      records: { type: "string", default: "10000" },
      runs: { type: "string", default: "7" },
      json: { type: "boolean", default: false },
    },
  });
  const [records, runs] = [Number(values.records), Number(values.runs)];
  if (!Number.isInteger(records) || records < 1 || !Number.isInteger(runs) || runs < 1) {
    throw new TypeError("--records and --runs take whole numbers of 1 or more.");
  }
  return { records, runs, isJson: values.json };
}

async function addUser(backend: LocalBackend, userId: string, value: boolean, records: number) {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(userId));
  await runAsAdmin(backend, internal.flags.setUser, {
    key: DEFAULT_OPTIONS.flagKey,
    userId: developmentUserId(userId),
    value,
  });
  const history = makeHistory(records);
  for (let start = 0; start < history.length; start += BATCH_RECORDS) {
    if (start % 5_000 === 0) {
      progress(`Importing for ${userId}: ${count(start)} of ${count(records)} records`);
    }
    const batch = history
      .slice(start, start + BATCH_RECORDS)
      .map(({ topics, ...record }, index) => ({
        ...record,
        topics: [...topics],
        videoId: `bench${String(start + index).padStart(6, "0")}`,
        videoTitle: "A video",
        videoUrl: null,
      }));
    await client.mutation(api.watchRecords.ingest, { records: batch });
  }
  for (;;) {
    const status = await client.query(api.aggregations.status, {});
    const { reason } = await client.query(api.flags.evaluate, { key: DEFAULT_OPTIONS.flagKey });
    const isValidated = reason !== "DEFAULT";
    if (status.pendingChanges === 0 && status.lastRecomputedAt !== null && isValidated) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Measures the page of a user, in a browser of its own. */
async function onPageOf<T>(
  backend: LocalBackend,
  userId: string,
  measure: (browser: Browser, url: string) => Promise<T>,
): Promise<T> {
  progress(`Measuring the page of ${userId}`);
  const page = await serveDashboard({ backend, userId, port: 0 });
  const browser = await launchBrowser();
  try {
    return await measure(browser, page.url);
  } finally {
    await browser.close();
    await page.close();
  }
}

async function measureAll(records: number, runs: number): Promise<Figure[]> {
  const backend = await startLocalBackend();
  try {
    await addUser(backend, "stored", true, records);
    await addUser(backend, "computed", false, records);
    await buildDashboard();
    const stored = await onPageOf(backend, "stored", (browser, url) =>
      measurePage(browser, url, runs, true),
    );
    // A product beside the timeframe: results that nobody stored.
    const firstSeen = await onPageOf(backend, "stored", (browser, url) =>
      measurePage(browser, `${url}?product=YouTube`, runs, true),
    );
    const computed = await onPageOf(backend, "computed", (browser, url) =>
      measurePage(browser, url, runs, false),
    );
    const live = await onPageOf(backend, "stored", (browser, url) =>
      measureLive(browser, url, backend, "stored"),
    );
    const { rollbackMs, reviveMs } = await onPageOf(backend, "stored", (browser, url) =>
      measureRollback(browser, url, backend, runs),
    );
    const at = `${count(records)} records`;
    const detail = `median of ${String(runs)} mounted pages`;
    return [
      ...figuresOf({ stored, firstSeen, computed }, records, runs),
      ...liveFigures(live, at),
      { what: "rollback of all to ten computed panels", at, value: rollbackMs, unit: "ms", detail },
      { what: "revival to ten stored panels", at, value: reviveMs, unit: "ms", detail },
      ...(await bundleFigures()),
    ];
  } finally {
    await backend.close();
  }
}

function liveFigures(live: Awaited<ReturnType<typeof measureLive>>, at: string): Figure[] {
  const detail = "from the mutation on, local backend";
  const ms = (what: string, value: number, target: number): Figure => {
    return { what, at, value, unit: "ms", target: { bound: "at most", value: target }, detail };
  };
  return [
    ms("a change at rest to repaint, median", live.atRestMs, 250),
    ms("a change every three seconds to repaint, median", live.busyMs, 800),
    ms("a change every three seconds to repaint, p95", live.busyP95Ms, 1_500),
  ];
}

function figuresOf(
  { stored, firstSeen, computed }: Record<"stored" | "firstSeen" | "computed", PageTimes>,
  records: number,
  runs: number,
): Figure[] {
  const at = `${count(records)} records`;
  const detail = `median of ${String(runs)} loads, empty cache, local backend`;
  const ms = (what: string, value: number): Figure => ({ what, at, value, unit: "ms", detail });
  return [
    ms("navigation to ten painted panels, stored", stored.firstPaintMs),
    ms("navigation to ten painted panels, computed in the browser", computed.firstPaintMs),
    {
      what: "first paint, stored against computed",
      at,
      value: computed.firstPaintMs / stored.firstPaintMs,
      unit: "×",
      target: { bound: "at least", value: 5 },
      detail,
    },
    ms("filter change to repaint, stored", stored.filterChangeMs),
    ms("filter change to repaint, never asked for before", firstSeen.filterChangeMs),
    ms("filter change to repaint, computed in the browser", computed.filterChangeMs),
    {
      ...ms("answer to repaint, stored", stored.answerToPaintMs ?? 0),
      target: { bound: "at most", value: TWO_FRAMES_MS },
    },
  ];
}

async function main(args: string[]): Promise<number> {
  const { records, runs, isJson } = readOptions(args);
  if (chromiumPath() === null) {
    console.error(MISSING_CHROMIUM);
    return 1;
  }
  const figures = await measureAll(records, runs);
  const machine = thisMachine();
  endProgress();
  console.log(isJson ? JSON.stringify({ machine, figures }, null, 2) : asTable(figures, machine));
  return 0;
}

/** Returns the exit code. */
export async function benchDashboard({ args }: Pick<Surroundings, "args">): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // what parseArgs throws, and we above
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
}
