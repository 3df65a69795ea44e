import { makeFunctionReference } from "convex/server";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { OPERATOR } from "../../scripts/dashboard";
import type { LocalBackend } from "../../scripts/localBackend";
import {
  clientOf,
  expectFits,
  inEachLook,
  makeBackend,
  openPage,
  PHONE,
  screenshot,
  setFlag,
  settledPanels,
  sharedBackend,
  userWithHistory,
  violations,
} from "./support";
import { openTapped } from "./wire";

const shared = sharedBackend();

/** Of the fixture: runs stand still while it is closed. */
const PLANT = makeFunctionReference<"mutation", { userId: string; records: number }, null>(
  "sabotage:plant",
);
interface GateArgs extends Record<string, unknown> {
  of: "adoption" | "work";
  isOpen: boolean;
  admits?: number;
}
const SET_GATE = makeFunctionReference<"mutation", GateArgs, null>("sabotage:setGate");

async function openOperations(backend: LocalBackend, userId: string, context = {}) {
  const options = { context, search: "#operations", claims: OPERATOR };
  const opened = await openTapped(backend, userId, {}, options);
  await opened.page.getByRole("heading", { name: "Rollout" }).waitFor();
  return opened;
}

function panel(page: Page, name: string) {
  return page.getByRole("region", { name, exact: true });
}

/** What pages would report, looked at as by the cron. */
async function reportReads(backend: LocalBackend, userId: string): Promise<void> {
  const client = await clientOf(backend, userId);
  const samples = Array.from({ length: 80 }, (_, index) => ({
    outcome: index % 8 === 0 ? ("error" as const) : ("hit" as const),
    responseMs: 40 + index,
  }));
  await client.mutation(api.telemetry.report, { samples });
  const figures = async () => {
    await runAsAdmin(backend, internal.monitoring.tick, {});
    return (await runAsAdmin(backend, internal.monitoring.report, {})).figures;
  };
  // Samples are folded once they have settled.
  await expect
    .poll(async () => (await figures())[0]?.samples, { timeout: 20_000, interval: 500 })
    .toBeGreaterThanOrEqual(70);
}

describe("the operations view", () => {
  it("is not offered to who holds no admin claim, nor shown by its address", async () => {
    const { userId } = await userWithHistory(shared.current, 40);
    const { page } = await openPage(shared.current, userId, { search: "#operations" });
    await page.getByText("This view is for operators").waitFor();
    expect(await page.getByRole("heading", { name: "Rollout" }).count()).toBe(0);
    await page.getByRole("link", { name: "Watch history" }).click();
    await settledPanels(page);
    expect(await page.getByRole("link", { name: "Operations" }).count()).toBe(0);
  });

  it("is one click away for operators, and so is the way back", async () => {
    const { userId } = await userWithHistory(shared.current, 40);
    const { page, errors } = await openPage(shared.current, userId, { claims: OPERATOR });
    await settledPanels(page);
    await page.getByRole("link", { name: "Operations" }).click();
    await panel(page, "Audit trail").waitFor();
    await page.getByRole("link", { name: "Watch history" }).click();
    await settledPanels(page);
    expect(errors).toEqual([]);
  });

  it("shows health as figures, alerts and pictures", async () => {
    const backend = await makeBackend();
    const { userId } = await userWithHistory(backend, 60);
    await reportReads(backend, userId);
    const { page, errors } = await openOperations(backend, userId);
    const health = panel(page, "Health");
    await health.locator('[data-figure="errorRate"][data-status="breach"]').waitFor();
    expect(await health.locator('[data-figure="hitRate"]').innerText()).toMatch(
      /first reply\s+100 %/,
    );
    expect(await health.getByRole("list", { name: "Open alerts" }).innerText()).toMatch(
      /errorRate: errorRate is 0.125, limit 0.001, of 80 samples in 5 minutes/,
    );
    const charts = panel(page, "The last hours");
    const pictures = charts.getByRole("group", { name: /arrow keys/ });
    expect(await pictures.count()).toBe(5);
    const response = charts.getByRole("group", { name: /^Response time/ });
    await response.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await charts.getByRole("radio", { name: "Last six hours" }).check();
    await expect.poll(() => pictures.count()).toBe(5);
    await screenshot(page, "operations-light");
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("follows the rollout as it changes, with who, what and why", async () => {
    const backend = await makeBackend();
    const { userId } = await userWithHistory(backend, 60);
    const { page, errors } = await openOperations(backend, userId, { colorScheme: "dark" });
    const why = "charts looked wrong";
    await runAsAdmin(backend, internal.flags.setPercentage, { percentage: 12.5, why: "step 1" });
    await runAsAdmin(backend, internal.rollout.rollbackUser, { userId, reason: why });
    const audit = panel(page, "Audit trail");
    await audit.getByText(why).waitFor();
    const rows = await audit.locator("tbody tr").allInnerTexts();
    expect(rows[0]).toMatch(
      /admin\s+rollout:rollbackUser \S+\|user-\d+\s+on → off\s+charts looked/,
    );
    expect(rows[1]).toMatch(/flags:setPercentage\s+nothing → 12.5\s+step 1/);
    await runAsAdmin(backend, internal.flags.kill, { why: "all of them do" });
    await page.getByText(/Killed, off for everybody since .*: all of them do/).waitFor();
    await page.getByRole("button", { name: "Count users" }).click();
    await panel(page, "Users").getByText("0 of 1 user on").waitFor();
    expect(await panel(page, "Users").innerText()).toMatch(/off\s+1\s+100 %\s+killed/);
    await screenshot(page, "operations-dark");
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("shows a job over users from its beginning to its end, in every look", async () => {
    const backend = await makeBackend(0, "tests/fixtures/plantedConvex");
    const { userId } = await userWithHistory(backend, 60);
    const { page, errors } = await openOperations(backend, userId);
    const atWork = panel(page, "At work");
    await atWork.getByText("nothing is scheduled").waitFor();
    expect(await atWork.getByRole("list", { name: "Jobs over users" }).count()).toBe(0);
    const userIds = Array.from({ length: 100 }, (_, index) => `planted-${String(index)}`);
    for (const planted of userIds)
      await runAsAdmin(backend, PLANT, { userId: planted, records: 1 });
    await runAsAdmin(backend, SET_GATE, { of: "work", isOpen: false, admits: 40 });
    await runAsAdmin(backend, internal.backfill.start, { userIds, dryRun: true });
    const run = atWork.getByRole("listitem", { name: /^Backfill/ });
    await run
      .getByText(/^40 of 100 users done; [\d.]+ users? a (second|minute), about .+ left$/)
      .waitFor();
    expect(await run.innerText()).toMatch(/running\s+dry run[^]*started(?![^]*ended)/);
    const bar = run.getByRole("progressbar", { name: /^Backfill/ });
    expect(await bar.getAttribute("max")).toBe("100");
    expect(await bar.getAttribute("value")).toBe("40");
    await inEachLook(page, async (look) => {
      expect(await violations(page)).toEqual([]);
      await screenshot(page, `job-running-${look}`);
    });
    await runAsAdmin(backend, SET_GATE, { of: "work", isOpen: true });
    await run.getByText("100 of 100 users done").waitFor();
    await runAsAdmin(backend, internal.backfill.start, { userIds: [userId, "nobody"] });
    await run.getByText("1 of 2 users done, 1 failed").waitFor();
    await run.getByText("60 records built").waitFor();
    await run.getByText(/^started .*, ended .* after [\d.]+ s$/).waitFor();
    await run.getByText("1 user failed", { exact: true }).click();
    const failed = run.getByRole("region", { name: "Users that failed" });
    expect(await failed.innerText()).toMatch(
      /nobody\s+1\s+Nothing was changed: no user with the id/,
    );
    await inEachLook(page, async (look) => {
      await expectFits(page);
      expect(await violations(page)).toEqual([]);
      await screenshot(page, `job-done-${look}`);
    });
    expect(errors).toEqual([]);
  });

  it("tells what cannot be told yet without moving where less motion is asked for", async () => {
    const backend = await makeBackend(0, "tests/fixtures/plantedConvex");
    const { userId } = await userWithHistory(backend, 60);
    const { page } = await openOperations(backend, userId, { reducedMotion: "reduce" });
    const atWork = panel(page, "At work");
    await atWork.getByText("nothing is scheduled").waitFor();
    await runAsAdmin(backend, SET_GATE, { of: "adoption", isOpen: false });
    await runAsAdmin(backend, internal.backfill.adopt, {});
    const run = atWork.getByRole("listitem", { name: /^Adoption/ });
    await run.getByText("0 users looked at").waitFor();
    const bar = run.getByRole("progressbar");
    expect(await bar.evaluate((element: HTMLProgressElement) => element.position)).toBe(-1);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await screenshot(page, "job-counting");
    await runAsAdmin(backend, SET_GATE, { of: "adoption", isOpen: true });
    await run.getByText("1 of 1 user done").waitFor();
    await run.getByText("0 users new to the list").waitFor();
  });

  it("fits a phone", async () => {
    const { userId } = await userWithHistory(shared.current, 40);
    await setFlag(shared.current, userId, true);
    const { page } = await openOperations(shared.current, userId, { viewport: PHONE });
    await panel(page, "Audit trail").locator("tbody tr").first().waitFor();
    await expectFits(page);
    await screenshot(page, "operations-phone");
    expect(await violations(page)).toEqual([]);
  });
});
