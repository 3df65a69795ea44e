import type { Browser, Page } from "playwright-core";
import { internal } from "../../../convex/_generated/api";
import { runAsAdmin } from "../../adminClient";
import type { LocalBackend } from "../../localBackend";
import { median } from "../measure";

const POLLING_MS = 10;

/**
 * Milliseconds from the call of `rollout:rollbackAll` until all ten panels of a mounted page show
 * what the browser has computed, download included; and back, from `flags:revive`.
 */
export async function measureRollback(
  browser: Browser,
  url: string,
  backend: LocalBackend,
  runs: number,
): Promise<{ rollbackMs: number; reviveMs: number }> {
  const rollbacks: number[] = [];
  const revivals: number[] = [];
  for (let run = 0; run < runs; run++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await waitForSource(page, "precomputed");
    rollbacks.push(
      await timed(async () => {
        await runAsAdmin(backend, internal.rollout.rollbackAll, { reason: "a measurement" });
        await waitForSource(page, "client-side");
      }),
    );
    revivals.push(
      await timed(async () => {
        await runAsAdmin(backend, internal.flags.revive, {});
        await waitForSource(page, "precomputed");
      }),
    );
    await context.close();
  }
  return { rollbackMs: median(rollbacks), reviveMs: median(revivals) };
}

async function timed(step: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await step();
  return performance.now() - startedAt;
}

async function waitForSource(page: Page, source: string): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      document.querySelectorAll(`[data-panel][data-source="${wanted}"][data-stale="false"]`)
        .length === 10,
    source,
    { polling: POLLING_MS },
  );
}
