import { beforeAll, describe, expect, it } from "vitest";
import { PRODUCTS, TIMEFRAMES } from "../../src/engine";
import { PRODUCT_LABELS, TIMEFRAME_LABELS } from "../../src/dashboard/shared/vocabulary";
import {
  expected,
  expectCard,
  LAST_12_MONTHS,
  openPage,
  screenshot,
  settledPanels,
  sharedBackend,
  sourcesOf,
  userWithHistory,
} from "./support";

const shared = sharedBackend();
let user: Awaited<ReturnType<typeof userWithHistory>>;
beforeAll(async () => {
  user = await userWithHistory(shared.current, 400);
});

describe("the dashboard", () => {
  it("shows ten panels of stored results, and nothing goes wrong", async () => {
    const { userId, records } = user;
    const { page, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    const { kpi, top_channels: channels } = expected(records);
    await expectCard(page, "Videos", kpi.totalVideos);
    await expectCard(page, "Channels", kpi.uniqueChannels);
    await expectCard(page, "This month", kpi.mtdVideos);
    const names = await page.locator('[data-panel="top_channels"] .channel-name').allInnerTexts();
    expect(names).toEqual(channels.slice(0, 8).map(({ channel }) => channel));
    expect(await sourcesOf(page)).toEqual(Array.from({ length: 10 }, () => "precomputed"));
    expect(await page.getByLabel("Status").innerText()).toMatch(
      /10 stored[^]*computed[^]*400 records[^]*no changes waiting[^]*Europe\/Berlin/,
    );
    await screenshot(page, "first-load");
    expect(errors).toEqual([]);
  });

  it("changes with every timeframe and product, in the address too", async () => {
    const { userId, records } = user;
    const { page, url, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    for (const timeframe of TIMEFRAMES) {
      await page.getByRole("radio", { name: TIMEFRAME_LABELS[timeframe] }).check();
      const { kpi } = expected(records, { ...LAST_12_MONTHS, timeframe });
      await expectCard(page, "Videos", kpi.totalVideos);
    }
    for (const product of PRODUCTS) {
      await page.getByRole("radio", { name: PRODUCT_LABELS[product], exact: true }).check();
      const { kpi } = expected(records, { ...LAST_12_MONTHS, timeframe: "All", product });
      await expectCard(page, "Videos", kpi.totalVideos);
    }
    expect(page.url()).toBe(`${url}?timeframe=All&product=YouTube+Music`);
    await page.goBack();
    await expectCard(
      page,
      "Videos",
      expected(records, { ...LAST_12_MONTHS, timeframe: "All", product: "YouTube" }).kpi
        .totalVideos,
    );
    await page.reload();
    await settledPanels(page);
    expect(await page.getByRole("radio", { name: "All time" }).isChecked()).toBe(true);
    expect(errors).toEqual([]);
  });

  it("shows a year of the history, or any days, and keeps them in the address", async () => {
    const { userId, records } = user;
    const { page, url, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    const menu = page.locator("summary").filter({ hasText: /^Days$/ });
    await menu.click();
    const year = page.getByRole("group", { name: "Years" }).getByRole("button").last();
    const name = await year.innerText();
    await year.click();
    const whole = `${name}-01-01/${name}-12-31` as const;
    const ofYear = expected(records, { ...LAST_12_MONTHS, timeframe: whole });
    expect(ofYear.kpi.totalVideos).toBeGreaterThan(0);
    await expectCard(page, "Videos", ofYear.kpi.totalVideos);
    expect(new URL(page.url()).searchParams.get("timeframe")).toBe(whole);
    expect(await page.getByRole("radio", { name: "12 months" }).isChecked()).toBe(false);
    const chosen = page.locator("summary.chosen");
    expect(await chosen.innerText()).toBe(name);
    await chosen.click();
    const form = page.getByRole("form", { name: "Days from a first to a last" });
    await form.getByLabel("From").fill(`${name}-12-20`);
    await form.getByLabel("to").fill(`${name}-12-10`);
    await form.getByText("The first day must not be after the last").waitFor();
    expect(await form.getByRole("button", { name: "Show" }).isEnabled()).toBe(false);
    await screenshot(page, "days");
    await form.getByLabel("From").fill(`${name}-12-01`);
    await page.keyboard.press("Enter");
    const days = `${name}-12-01/${name}-12-10` as const;
    await expectCard(
      page,
      "Videos",
      expected(records, { ...LAST_12_MONTHS, timeframe: days }).kpi.totalVideos,
    );
    await page.goBack();
    await expectCard(page, "Videos", ofYear.kpi.totalVideos);
    await page.goto(`${url}?timeframe=${days}`);
    await settledPanels(page);
    expect(await page.locator("summary.chosen").innerText()).toMatch(/Dec.* – .*Dec/);
    expect(errors).toEqual([]);
  });

  it("filters by topics from a menu, and forgets them by their chips", async () => {
    const { userId, records } = user;
    const { page } = await openPage(shared.current, userId);
    await settledPanels(page);
    await page.getByText("Topics", { exact: true }).first().click();
    await page.getByRole("checkbox", { name: "Music" }).check();
    const music = expected(records, { ...LAST_12_MONTHS, topics: ["Music"] });
    await expectCard(page, "Videos", music.kpi.totalVideos);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("checkbox", { name: "Music" }).isVisible()).toBe(false);
    expect(new URL(page.url()).searchParams.getAll("topic")).toEqual(["Music"]);
    await page.getByRole("button", { name: "Remove topic Music" }).click();
    await expectCard(page, "Videos", expected(records).kpi.totalVideos);
  });

  it("finds the user's own channels while typing, by keyboard alone", async () => {
    const { userId, records } = user;
    const { page, errors } = await openPage(shared.current, userId);
    await settledPanels(page);
    const input = page.getByRole("combobox", { name: "Channel" });
    await input.focus();
    await page.keyboard.type("emile");
    await page.getByRole("option", { name: "Émile's Kitchen" }).waitFor();
    expect(await page.getByRole("option").allInnerTexts()).toEqual(["Émile's Kitchen"]);
    await page.keyboard.press("Enter");
    const channels = ["Émile's Kitchen"];
    const only = expected(records, { ...LAST_12_MONTHS, channels });
    await expectCard(page, "Videos", only.kpi.totalVideos);
    await page.keyboard.type("<b>");
    await page.getByRole("option", { name: "<b>Delta</b>" }).waitFor();
    await page.keyboard.press("Enter");
    const both = expected(records, { ...LAST_12_MONTHS, channels: [...channels, "<b>Delta</b>"] });
    await expectCard(page, "Videos", both.kpi.totalVideos);
    await page.keyboard.type("nobody");
    await page.getByText("No channel of yours contains “nobody”.").waitFor();
    expect(errors).toEqual([]);
  });

  it("passes over nonsense in the address", async () => {
    const { userId, records } = user;
    const search = `?timeframe=Forever&product=TikTok&channel=${"x".repeat(300)}&other=1`;
    const { page, errors } = await openPage(shared.current, userId, { search });
    await settledPanels(page);
    await expectCard(page, "Videos", expected(records).kpi.totalVideos);
    expect(errors).toEqual([]);
  });

  it("says of filters without a match that nothing was watched", async () => {
    const { userId, records } = user;
    const { page } = await openPage(shared.current, userId, { search: "?topic=Cooking" });
    await settledPanels(page);
    await expectCard(page, "Videos", 0);
    const messages = page.getByText("Nothing watched within these filters.");
    expect(await messages.count()).toBe(8);
    await page.getByText("No two channels were watched together").waitFor();
    await screenshot(page, "empty");
    await page.getByRole("button", { name: "Clear" }).click();
    await expectCard(page, "Videos", expected(records).kpi.totalVideos);
  });
});
