import { beforeAll, describe, expect, it } from "vitest";
import {
  expected,
  expectFits,
  inEachLook,
  openPage,
  screenshot,
  settledPanels,
  sharedBackend,
  userWithHistory,
  violations,
} from "./support";

const shared = sharedBackend();
let user: Awaited<ReturnType<typeof userWithHistory>>;
beforeAll(async () => {
  user = await userWithHistory(shared.current, 600);
});

describe("the page", () => {
  it("fits each window without accessibility violations, at rest and with everything open", async () => {
    const { page, errors } = await openPage(shared.current, user.userId, {
      search: "?topic=Music",
    });
    await settledPanels(page);
    await page.locator(".chart table").first().waitFor({ state: "attached" });
    await inEachLook(page, async (look) => {
      await expectFits(page);
      expect(await violations(page)).toEqual([]);
      for (const [part, nth] of [
        [".filter-bar", 0],
        [".filter-bar", 1],
        [".status-strip", 0],
        [".more", 0],
      ] as const) {
        await page.locator(`${part} summary`).nth(nth).click();
        expect(await violations(page, part)).toEqual([]);
        await page.keyboard.press("Escape");
      }
      await page.getByRole("combobox", { name: "Channel" }).click();
      await page.getByRole("option").first().waitFor();
      expect(await violations(page, ".filter-bar")).toEqual([]);
      await screenshot(page, look);
      await page.keyboard.press("Escape");
    });
    expect(errors).toEqual([]);
  });

  it("is reached by keyboard: skip link, charts read out by arrow keys, sortable table", async () => {
    const { page } = await openPage(shared.current, user.userId);
    await settledPanels(page);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/Skip/);
    const chart = page.getByRole("group", { name: /Videos by month/ });
    await chart.focus();
    await page.keyboard.press("End");
    const { monthly_trend: trend } = expected(user.records);
    const readout = page.locator('[data-panel="monthly_trend"] figcaption');
    expect(await readout.innerText()).toMatch(new RegExp(`: ${String(trend.at(-1)!.videos)}$`));
    await page.keyboard.press("Escape");
    expect(await readout.innerText()).toMatch(/months/);
    const header = page.getByRole("columnheader", { name: "Channel" });
    await header.getByRole("button").focus();
    await page.keyboard.press("Enter");
    expect(await header.getAttribute("aria-sort")).toBe("ascending");
    const names = await page.locator(".channels .channel-name").allInnerTexts();
    expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
  });

  it("writes numbers and dates as the reader does", async () => {
    const { page } = await openPage(shared.current, user.userId, {
      context: { locale: "de-DE" },
      search: "?timeframe=All",
    });
    await settledPanels(page);
    const table = page.locator(".channels tbody tr").first();
    const { enhanced_channel_metrics: channels } = expected(user.records, {
      timeframe: "All",
      product: "All",
      topics: [],
      channels: [],
    });
    const date = new Intl.DateTimeFormat("de-DE", {
      dateStyle: "medium",
      timeZone: "Europe/Berlin",
    }).format(channels[0]!.lastWatchedAt);
    expect(await table.innerText()).toContain(date);
    expect(await page.locator('[data-panel="day_time_heatmap"] svg').innerHTML()).toContain("Mo");
  });

  it("does not move where less motion is asked for", async () => {
    const { page } = await openPage(shared.current, user.userId, {
      context: { reducedMotion: "reduce" },
    });
    await settledPanels(page);
    const moving = await page.evaluate(() => document.getAnimations().length);
    expect(moving).toBe(0);
  });

  it("keeps a chosen theme", async () => {
    const { page } = await openPage(shared.current, user.userId);
    await page.getByRole("button", { name: "System colours" }).click();
    await page.getByRole("button", { name: "Light" }).click();
    await page.reload();
    await settledPanels(page);
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe("rgb(16, 16, 20)");
  });

  it("turns no address into a link that a browser must not open", async () => {
    const { isWebAddress } = await import("../../src/dashboard/panels/ChannelLink");
    expect(["javascript:alert(1)", "data:text/html,x", "x"].map(isWebAddress)).toEqual([
      false,
      false,
      false,
    ]);
    expect(isWebAddress("https://www.youtube.com/channel/UCa")).toBe(true);
  });
});
