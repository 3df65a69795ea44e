import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import {
  clearFlag,
  expected,
  expectCard,
  history,
  ingest,
  makeBackend,
  openPage,
  screenshot,
  setFlag,
  settledPanels,
  sharedBackend,
  sourcesOf,
  userWithHistory,
  violations,
} from "./support";

const shared = sharedBackend();

/** Notes every state but success that a panel goes through from now on. */
async function watchPanels(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seenStates: seen });
    const note = () => {
      for (const panel of document.querySelectorAll("[data-panel]")) {
        const status = panel.getAttribute("data-status");
        if (status !== "success")
          seen.push(`${String(panel.getAttribute("data-panel"))} ${String(status)}`);
      }
    };
    const options = { subtree: true, childList: true, attributes: true };
    new MutationObserver(note).observe(document.body, options);
  });
  return async () =>
    await page.evaluate(() => (window as unknown as { seenStates: string[] }).seenStates);
}

const waitForSource = async (page: Page, source: string) =>
  await expect
    .poll(async () => await sourcesOf(page), { timeout: 20_000 })
    .toEqual(Array.from({ length: 10 }, () => source));

describe("a mounted page", () => {
  it("shows a record ingested elsewhere, without a reload", async () => {
    const { userId, records } = await userWithHistory(shared.current, 200);
    const { page, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    const seen = await watchPanels(page);
    await ingest(shared.current, userId, [{ ...history(1)[0]!, watchedAt: Date.now() - 60_000 }]);
    await expectCard(page, "Videos", records.length + 1);
    await settledPanels(page);
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
    expect(await seen()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("follows the user's flag both ways within a second, no panel ever empty", async () => {
    const { userId, records } = await userWithHistory(shared.current, 300);
    const { page, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    const seen = await watchPanels(page);
    await setFlag(shared.current, userId, false);
    await waitForSource(page, "client-side");
    await settledPanels(page);
    await expectCard(page, "Videos", expected(records).kpi.totalVideos);
    expect(page.workers()).toHaveLength(1);
    await screenshot(page, "computed-in-browser");
    await setFlag(shared.current, userId, true);
    await waitForSource(page, "precomputed");
    expect(await seen()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("keeps its data while the backend is gone, and recovers by itself", async () => {
    const own = await makeBackend();
    const { userId } = await userWithHistory(own, 120);
    const { page } = await openPage(own, userId);
    await settledPanels(page);
    await page.getByText("120 records").waitFor();
    const { port } = new URL(own.url);
    await own.close();
    await page.getByText("Not connected").waitFor();
    await expectCard(page, "Videos", 120);
    expect(await page.getByLabel("Status").innerText()).toMatch(/120 records[^]*Europe\/Berlin/);
    await screenshot(page, "disconnected");
    const again = await makeBackend(Number(port));
    await setFlag(again, userId, true);
    await ingest(again, userId, history(90));
    await expectCard(page, "Videos", 90);
    await settledPanels(page);
    await expect.poll(() => page.getByText("Not connected").count()).toBe(0);
  });

  it("computes from the columns where the rollout has not reached the user", async () => {
    const { userId, records } = await userWithHistory(shared.current, 300);
    await clearFlag(shared.current, userId);
    const bodies: string[] = [];
    const { page, errors } = await openPage(shared.current, userId, {
      prepare: (opened) =>
        Promise.resolve(opened.on("request", (one) => bodies.push(one.postData() ?? ""))),
    });
    await waitForSource(page, "client-side");
    await settledPanels(page);
    await expectCard(page, "Videos", expected(records).kpi.totalVideos);
    expect(page.workers()).toHaveLength(1);
    expect(bodies.filter((body) => body.includes("aggregations:columns"))).toHaveLength(2);
    expect(bodies.filter((body) => body.includes("watchRecords:page"))).toEqual([]);
    await page.getByText("10 in browser").waitFor();
    expect(errors).toEqual([]);
  });

  it("computes by itself from the third filter on that the server does not store", async () => {
    const { userId, records } = await userWithHistory(shared.current, 300);
    const { page, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    const choose = async (name: string) => {
      await page.getByRole("radio", { name, exact: true }).check();
      await settledPanels(page);
    };
    await choose("Music");
    expect(new Set(await sourcesOf(page))).toEqual(new Set(["precomputed"]));
    await page.getByText("10 on the server").waitFor();
    const worker = page.waitForEvent("worker");
    await choose("YouTube");
    await worker;
    await choose("All time");
    await waitForSource(page, "client-side");
    await settledPanels(page);
    const youtube = { timeframe: "All", product: "YouTube", topics: [], channels: [] } as const;
    await expectCard(page, "Videos", expected(records, youtube).kpi.totalVideos);
    await screenshot(page, "computed-from-columns");
    await choose("Everything");
    await waitForSource(page, "precomputed");
    await page.getByText("10 stored").waitFor();
    expect(errors).toEqual([]);
  });

  it("computes in the browser where no WebSocket gets through", async () => {
    const { userId, records } = await userWithHistory(shared.current, 150);
    const page = await openPage(shared.current, userId);
    await settledPanels(page.page);
    const blocked = await page.page.context().newPage();
    await blocked.addInitScript(() => {
      const Native = window.WebSocket;
      window.WebSocket = class extends Native {
        constructor() {
          super("ws://127.0.0.1:9"); // where nothing listens
        }
      };
    });
    await blocked.goto(page.url);
    await waitForSource(blocked, "client-side");
    await expectCard(blocked, "Videos", expected(records).kpi.totalVideos);
  });

  it("says in every panel what is wrong where nothing gets through, and recovers", async () => {
    const { userId, records } = await userWithHistory(shared.current, 60);
    const first = await openPage(shared.current, userId);
    const page = await first.page.context().newPage();
    let isBlocked = true;
    await page.routeWebSocket(/sync/, async (socket) => {
      if (isBlocked) await socket.close();
      else socket.connectToServer();
    });
    await page.route(/api\/query/, async (route) => {
      if (isBlocked) await route.abort();
      else await route.continue();
    });
    await page.goto(first.url);
    await page.getByText("The server cannot be reached").first().waitFor();
    expect(await page.locator('[data-panel][data-status="error"]').count()).toBe(10);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, "unreachable");
    isBlocked = false;
    await expectCard(page, "Videos", records.length);
    await settledPanels(page);
  });
});
