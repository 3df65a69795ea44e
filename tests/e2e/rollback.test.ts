import { makeFunctionReference } from "convex/server";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import type { LocalBackend } from "../../scripts/localBackend";
import {
  expected,
  expectCard,
  history,
  ingest,
  LAST_12_MONTHS,
  makeBackend,
  newUser,
  openPage,
  screenshot,
  settledPanels,
  sharedBackend,
  sourcesOf,
  userWithHistory,
} from "./support";

const shared = sharedBackend();
const ten = (source: string) => Array.from({ length: 10 }, () => source);

async function waitForSource(page: Page, source: string): Promise<void> {
  await expect.poll(() => sourcesOf(page), { timeout: 20_000 }).toEqual(ten(source));
  await settledPanels(page);
}

describe("a rollback", () => {
  it("of one user flips their mounted page, and nobody else's", async () => {
    const ann = await userWithHistory(shared.current, 200);
    const bob = await userWithHistory(shared.current, 100);
    const [annsPage, bobsPage] = await Promise.all([
      openPage(shared.current, ann.userId),
      openPage(shared.current, bob.userId),
    ]);
    await waitForSource(annsPage.page, "precomputed");
    await waitForSource(bobsPage.page, "precomputed");
    const { userId } = ann;
    const reason = "a drill";
    await runAsAdmin(shared.current, internal.rollout.rollbackUser, { userId, reason });
    await waitForSource(annsPage.page, "client-side");
    await expectCard(annsPage.page, "Videos", expected(ann.records).kpi.totalVideos);
    expect(await sourcesOf(bobsPage.page)).toEqual(ten("precomputed"));
    expect([...annsPage.errors, ...bobsPage.errors]).toEqual([]);
  });

  it("of everybody flips all mounted pages, until it is taken back", async () => {
    const backend = await makeBackend();
    const { userId, records } = await userWithHistory(backend, 200);
    const { page, errors } = await openPage(backend, userId);
    await waitForSource(page, "precomputed");
    await runAsAdmin(backend, internal.rollout.rollbackAll, { reason: "a drill" });
    await waitForSource(page, "client-side");
    await expectCard(page, "Videos", expected(records).kpi.totalVideos);
    await runAsAdmin(backend, internal.flags.revive, {});
    await waitForSource(page, "precomputed");
    expect(errors).toEqual([]);
  });
});

/** Panels and filters give the numbers of the records themselves. */
async function expectFallback(page: Page, records: ReturnType<typeof history>): Promise<void> {
  await waitForSource(page, "client-side");
  await expectCard(page, "Videos", expected(records).kpi.totalVideos);
  await page.getByRole("radio", { name: "Music", exact: true }).check({ force: true });
  const filters = { ...LAST_12_MONTHS, product: "YouTube Music" as const };
  await expectCard(page, "Videos", expected(records, filters).kpi.totalVideos);
  await settledPanels(page);
  expect(await sourcesOf(page)).toEqual(ten("client-side"));
  for (const panel of await page.locator("[data-panel]").all()) {
    expect(await panel.innerText()).not.toMatch(/could not be loaded|Nothing watched/);
  }
}

describe("after a rollback every panel works in the browser", () => {
  it("with all that was stored deleted under the mounted page", async () => {
    const backend = await makeBackend(0, "tests/fixtures/deletedConvex");
    const { userId, records } = await userWithHistory(backend, 200);
    const { page, errors } = await openPage(backend, userId);
    await waitForSource(page, "precomputed");
    await runAsAdmin(backend, internal.rollout.rollbackAll, { reason: "the tables go" });
    const sabotage = makeFunctionReference<"mutation", Record<string, never>, number>(
      "sabotage:deletePrecomputed",
    );
    expect(await runAsAdmin(backend, sabotage, {})).toBeGreaterThan(60);
    await expectFallback(page, records);
    await screenshot(page, "nothing-stored");
    expect(errors).toEqual([]);
  });

  it("with the functions themselves gone from the deployment", async () => {
    const backend: LocalBackend = await makeBackend(0, "tests/fixtures/withoutAggregations");
    const userId = newUser();
    const records = history(200);
    await runAsAdmin(backend, internal.flags.kill, { why: "they are deleted" });
    await ingest(backend, userId, records);
    const { page } = await openPage(backend, userId);
    await expectFallback(page, records);
  });
});
