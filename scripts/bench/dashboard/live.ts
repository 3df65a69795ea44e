import { ConvexHttpClient } from "convex/browser";
import type { Browser, Page } from "playwright-core";
import { api } from "../../../convex/_generated/api";
import type { LocalBackend } from "../../localBackend";
import { median } from "../measure";
import { progress } from "../report";

const POLLING_MS = 5;
/** A user is at rest this long after the last change. */
const REST_MS = 11_000;
const BUSY_MS = 3_000;
const AT_REST = 5;
const BUSY = 20;

/**
 * Milliseconds from the call of a mutation that adds one watch until a mounted page shows it: for a
 * user at rest, and while a watch is added every three seconds.
 */
export async function measureLive(
  browser: Browser,
  url: string,
  backend: LocalBackend,
  userId: string,
): Promise<{ atRestMs: number; busyMs: number; busyP95Ms: number }> {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(userId));
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await page.waitForFunction(
    () => document.querySelectorAll('[data-panel][data-stale="false"]').length === 10,
  );
  const measure = async (count: number, pauseMs: number) => {
    const times: number[] = [];
    for (let index = 0; index < count; index++) {
      await pause(pauseMs);
      times.push(await timeOfChange(page, client));
    }
    return times;
  };
  progress(`Adding ${String(AT_REST)} watches at rest`);
  const atRest = await measure(AT_REST, REST_MS);
  progress(`Adding ${String(BUSY)} watches, one every three seconds`);
  const busy = (await measure(BUSY, BUSY_MS)).sort((a, b) => a - b);
  return {
    atRestMs: median(atRest),
    busyMs: median(busy),
    busyP95Ms: busy[Math.ceil(0.95 * busy.length) - 1]!,
  };
}

async function timeOfChange(page: Page, client: ConvexHttpClient): Promise<number> {
  const before = await page.locator('[data-panel="kpi"]').innerText();
  const watchedAt = Date.now() - 1_000;
  const record = {
    watchedAt,
    videoId: null,
    videoTitle: `Live ${String(watchedAt)}`,
    videoUrl: null,
    channelTitle: "Live",
    channelUrl: null,
    product: "YouTube" as const,
    topics: ["Other"],
    durationSeconds: null,
  };
  const startedAt = performance.now();
  await client.mutation(api.watchRecords.ingest, { records: [record] });
  await page.waitForFunction(
    (shown) => {
      const panel = document.querySelector<HTMLElement>('[data-panel="kpi"][data-stale="false"]');
      return panel !== null && panel.innerText !== shown;
    },
    before,
    { polling: POLLING_MS },
  );
  return performance.now() - startedAt;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
