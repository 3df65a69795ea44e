import { join } from "node:path";
import { makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { runAsAdmin } from "../../scripts/adminClient";
import {
  expectCard,
  inEachLook,
  newUser,
  openPage,
  screenshot,
  setFlag,
  settledPanels,
  sharedBackend,
  userWithHistory,
  violations,
} from "./support";
import { openTapped, tap } from "./wire";

const shared = sharedBackend();

const SAMPLE = join(import.meta.dirname, "../../scripts/sample/watch-history.json");
const WELCOME = "Bring your watch history";

/** As `npx convex data` calls it. */
type SystemArgs = Record<string, Value>;

interface Listing<Row> {
  page: Row[];
  isDone: boolean;
}

const ALL_AT_ONCE = { cursor: null, numItems: 100_000 };
const tables = makeFunctionReference<"query", SystemArgs, Listing<{ name: string }>>(
  "_system/cli/tables:default",
);
const tableData = makeFunctionReference<"query", SystemArgs, Listing<unknown>>(
  "_system/cli/tableData:default",
);

/** Every table there is with a row that names the user. */
async function tablesNaming(userId: string): Promise<string[]> {
  const name = new RegExp(`\\b${userId}\\b`);
  const listed = await runAsAdmin(shared.current, tables, { paginationOpts: ALL_AT_ONCE });
  const found: string[] = [];
  for (const { name: table } of listed.page) {
    const args = { table, paginationOpts: ALL_AT_ONCE };
    const { page, isDone } = await runAsAdmin(shared.current, tableData, args);
    expect(isDone).toBe(true);
    if (page.some((row) => name.test(JSON.stringify(row)))) found.push(table);
  }
  return found;
}

/** A message that tells a page of an erasure under way. */
const TELLS_PROGRESS = /"type":"Transition".*"deleted":/s;

function dialogOf(page: Page) {
  return page.getByRole("dialog", { name: "Erase all your data?" });
}

async function openDialog(page: Page): Promise<void> {
  await page.locator("summary", { hasText: "Account" }).click();
  await page.getByRole("button", { name: "Erase my data" }).click();
  await dialogOf(page).waitFor();
}

async function erase(page: Page): Promise<void> {
  await openDialog(page);
  await dialogOf(page).getByRole("button", { name: "Erase everything" }).click();
}

async function expectErased(page: Page): Promise<void> {
  await page.getByRole("status", { name: "Erasure" }).getByText("Everything was erased").waitFor();
  await page.getByText(WELCOME).waitFor();
  expect(await page.locator("[data-panel]").count()).toBe(0);
}

async function importFile(page: Page, entries: unknown[]): Promise<void> {
  await page.getByLabel("Watch history file").setInputFiles({
    name: "watch-history.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(entries)),
  });
  await page.getByRole("status", { name: "Import" }).getByText("Imported").waitFor();
}

/** Of an export, a year and a half ago. */
const ENTRY = {
  header: "YouTube",
  title: "Watched A video",
  titleUrl: "https://www.youtube.com/watch?v=abcdefghijk",
  time: new Date(Date.now() - 550 * 86_400_000).toISOString(),
};

describe("erasing one's data", () => {
  it("deletes all there is, on every open page, and leaves nothing behind", async () => {
    const { userId } = await userWithHistory(shared.current, 400);
    const opened = await openTapped(shared.current, userId, { holdAfter: TELLS_PROGRESS });
    const { page, url, errors, wire } = opened;
    await settledPanels(page);
    await importFile(page, [ENTRY]);
    const second = await page.context().newPage();
    const secondWire = await tap(second, { holdAfter: TELLS_PROGRESS });
    await second.goto(url);
    await settledPanels(second);
    expect(await tablesNaming(userId)).toEqual(
      expect.arrayContaining(["watch_records", "precomputed_aggregations", "import_receipts"]),
    );
    await erase(page);
    for (const [each, name] of [
      [page, "erasing"],
      [second, "erasing-elsewhere"],
    ] as const) {
      const report = each.getByRole("region", { name: "Erasure" });
      await report.getByText(/of 401 records erased|^All 401 records erased/).waitFor();
      const bar = report.getByRole("progressbar", { name: "Erased" });
      expect(await bar.getAttribute("max")).toBe("401");
      expect(Number(await bar.getAttribute("value"))).toBeLessThanOrEqual(401);
      expect(await each.locator("[data-panel]").count()).toBe(0);
      expect(await each.getByRole("button", { name: "Import …" }).count()).toBe(0);
      expect(await each.getByRole("status", { name: "Import" }).count()).toBe(0);
      expect(await violations(each)).toEqual([]);
      await screenshot(each, name);
    }
    const asked = [...wire.mutations, ...secondWire.mutations];
    wire.release();
    secondWire.release();
    await expectErased(page);
    await expectErased(second);
    expect(await tablesNaming(userId)).toEqual([]);
    // A filter that is asked for would be stored, even of nothing.
    expect([...wire.mutations, ...secondWire.mutations]).toEqual(asked);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, "erased");
    await importFile(page, [ENTRY]);
    expect(await page.getByRole("status", { name: "Erasure" }).count()).toBe(0);
    await page.getByRole("radio", { name: "All time" }).check();
    await expectCard(page, "Videos", 1);
    expect(errors).toEqual([]);
  });

  it("asks before: the focus is on the way back, and Escape is one", async () => {
    const { userId } = await userWithHistory(shared.current, 60);
    const { page, errors, wire } = await openTapped(shared.current, userId);
    await settledPanels(page);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await page.locator("summary", { hasText: "Account" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Erase my data" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const dialog = dialogOf(page);
    await dialog.waitFor();
    expect(await focused()).toBe("Cancel");
    expect(await dialog.innerText()).toMatch(
      /all your watches[^]*all results[^]*your settings[^]*receipts[^]*cannot be undone[^]*Importing your export again/,
    );
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
    expect(await focused()).toBe("Account");
    expect(await page.getByRole("button", { name: "Erase my data" }).count()).toBe(0);
    await openDialog(page);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(await dialog.isVisible()).toBe(false);
    expect(wire.mutations).not.toContain("account:eraseMyData");
    await settledPanels(page);
    expect(errors).toEqual([]);
  });

  it("looks right in light, in dark and on a phone", async () => {
    const { userId } = await userWithHistory(shared.current, 60);
    const { page, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    await inEachLook(page, async (look) => {
      await page.locator("summary", { hasText: "Account" }).click();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "Erase my data" }).click();
      await dialogOf(page).waitFor();
      expect(await violations(page)).toEqual([]);
      const { x, width } = (await dialogOf(page).boundingBox())!;
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(page.viewportSize()!.width);
      await page.screenshot({ path: `artifacts/erase-${look}.png` }); // as it covers the view
      await page.keyboard.press("Escape");
    });
    expect(errors).toEqual([]);
  });

  it("breaks an import off, and takes no file meanwhile", async () => {
    const userId = newUser();
    await setFlag(shared.current, userId, true);
    const unanswered = "watchRecords:ingest";
    const options = { holdAfter: TELLS_PROGRESS, unanswered };
    const { page, errors, wire } = await openTapped(shared.current, userId, options);
    await page.getByText(WELCOME).waitFor();
    await page.getByLabel("Watch history file").setInputFiles(SAMPLE);
    const importing = page.getByRole("region", { name: "Import" });
    await expect.poll(() => wire.mutations.filter((name) => name === unanswered)).toHaveLength(3);
    await expect.poll(() => tablesNaming(userId)).toContain("watch_records");
    await openDialog(page);
    await dialogOf(page).getByText("The import that is running is broken off.").waitFor();
    await dialogOf(page).getByRole("button", { name: "Erase everything" }).click();
    await page.getByRole("region", { name: "Erasure" }).waitFor();
    expect(await importing.count()).toBe(0);
    const dataTransfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["[]"], "watch-history.json"));
      return data;
    });
    await page.dispatchEvent("body", "dragover", { dataTransfer });
    await page.getByText("Nothing can be imported while your data is being erased").waitFor();
    await page.dispatchEvent("body", "drop", { dataTransfer });
    wire.release();
    await expectErased(page);
    expect(await tablesNaming(userId)).toEqual([]);
    expect(wire.mutations.at(-1)).toBe("account:eraseMyData");
    expect(errors).toEqual([]);
  });

  it.each([
    ["UNAUTHENTICATED", /You are not signed in any more\. Load the page again, sign in/],
    ["INTERNAL", /The server could not begin: no\. Try again in a while/],
  ])("says what to do where the server refuses it: %s", async (code, advice) => {
    const { userId } = await userWithHistory(shared.current, 60);
    const refusals = { "account:eraseMyData": { code, message: "no." } };
    const { page } = await openTapped(shared.current, userId, { refusals });
    await settledPanels(page);
    await erase(page);
    const alert = page.getByRole("alert", { name: "Erasure" });
    await alert.getByText("Nothing was erased").waitFor();
    expect(await alert.innerText()).toMatch(advice);
    expect(await violations(page)).toEqual([]);
    await settledPanels(page);
    await alert.getByRole("button", { name: "Close" }).click();
    expect(await alert.count()).toBe(0);
    expect(await tablesNaming(userId)).toContain("watch_records");
  });
});
