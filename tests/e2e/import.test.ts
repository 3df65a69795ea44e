import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api";
import { startRelay } from "../support/relay";
import { part, zipOf } from "../takeout/archives";
import {
  clientOf,
  expectCard,
  expectFits,
  newUser,
  onCleanup,
  openPage,
  PHONE,
  screenshot,
  setFlag,
  settledPanels,
  sharedBackend,
  violations,
} from "./support";

const shared = sharedBackend();

const SAMPLE = join(import.meta.dirname, "../../scripts/sample/watch-history.json");

/** Drops files, texts by name, on the page as a person does. */
async function drop(page: Page, files: Record<string, string>): Promise<void> {
  const transfer = await page.evaluateHandle((texts) => {
    const data = new DataTransfer();
    for (const [name, text] of Object.entries(texts)) {
      data.items.add(new File([text], name, { type: "application/json" }));
    }
    return data;
  }, files);
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  await page.getByText("Drop your watch history to import it").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

/** An entry of an export, some minutes ago. */
function entry(index: number) {
  return {
    header: "YouTube",
    title: `Watched Video ${String(index)}`,
    titleUrl: `https://www.youtube.com/watch?v=${String(index).padStart(11, "v")}`,
    subtitles: [{ name: "Alpha", url: "https://www.youtube.com/channel/UCa" }],
    time: new Date(Date.now() - (index + 1) * 600_000).toISOString(),
  };
}

async function emptyPage() {
  const userId = newUser();
  await setFlag(shared.current, userId, true);
  return await openPage(shared.current, userId);
}

describe("importing on the page", () => {
  it("welcomes who has no records, takes a dropped export and shows what became of it", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    expect(await violations(page)).toEqual([]);
    await screenshot(page, "welcome");
    const ad = { ...entry(40), details: [{ name: "From Google Ads" }] };
    const entries = [...Array.from({ length: 30 }, (_, index) => entry(index)), entry(3), ad, null];
    await drop(page, { "watch-history.json": JSON.stringify(entries) });
    const report = page.getByRole("status", { name: "Import" });
    await report.getByText("Imported watch-history.json").waitFor();
    const text = (await report.innerText()).replace(/\s+/g, " ");
    expect(text).toMatch(/entries read 33 inserted 30 already there 0 repeated in the file 1/);
    expect(text).toMatch(/advertisement 1/);
    expect(text).toMatch(/unreadable entry 1/);
    await expectCard(page, "Videos", 30);
    await settledPanels(page);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, "imported");
    await report.getByRole("button", { name: "Close" }).click();
    expect(await report.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it("takes several files at once, and the watches marked as ads when asked", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const ads = [40, 41].map((index) => ({
      ...entry(index),
      details: [{ name: "From Google Ads" }],
    }));
    await drop(page, {
      "playlists.csv": "Playlist,Video",
      "part-1.json": JSON.stringify([entry(0), entry(1)]),
      "part-2.json": JSON.stringify([entry(2), ...ads]),
    });
    const report = page.getByRole("status", { name: "Import" });
    await report.getByText("Imported playlists.csv and 2 more").waitFor();
    await expectCard(page, "Videos", 3);
    await report.getByText("2 watches marked as advertisements were left out.").waitFor();
    expect(await violations(page)).toEqual([]);
    await report.getByRole("button", { name: "Import them, too" }).click();
    await report.getByText(/inserted\s*2/).waitFor();
    await expectCard(page, "Videos", 5);
    expect(errors).toEqual([]);
  });

  it("takes a dropped folder with all that is in it", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const root = mkdtempSync(join(tmpdir(), "import-"));
    const folder = join(root, "Takeout", "YouTube and YouTube Music", "history");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "search-history.json"), "[]");
    writeFileSync(join(folder, "watch-history.json"), JSON.stringify([entry(0), entry(1)]));
    writeFileSync(join(root, "Takeout", "archive_browser.html"), "<html></html>");
    // Scripts cannot make a folder to drop; the browser's own protocol can.
    const protocol = await page.context().newCDPSession(page);
    const data = { items: [], files: [join(root, "Takeout")], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await protocol.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
    }
    const report = page.getByRole("status", { name: "Import" });
    await report.getByText(/found in Takeout\/.*\/history\/watch-history\.json/).waitFor();
    await expectCard(page, "Videos", 2);
    expect(errors).toEqual([]);
  });

  it("replaces what an export without times brought, when asked and confirmed", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const unreadable = [0, 1].map((index) => ({ ...entry(index), time: "one evening" }));
    await drop(page, { "old.json": JSON.stringify(unreadable) });
    const report = page.getByRole("status", { name: "Import" });
    await report.getByText(/2 of 2 watches have no time .*“one evening”.*can then be/).waitFor();
    const replace = page.getByRole("button", { name: "Replace them …" });
    expect(await replace.count()).toBe(0);
    await page.getByRole("radio", { name: "All time" }).check();
    await drop(page, { "new.json": JSON.stringify([0, 1, 2].map(entry)) });
    await report.getByText("Imported new.json").waitFor();
    await expectCard(page, "Videos", 5);
    await replace.click();
    const dialog = page.getByRole("dialog", { name: "Replace the watches without a time?" });
    expect(await violations(page)).toEqual([]);
    await screenshot(page, "replace-undated");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expectCard(page, "Videos", 5);
    await replace.click();
    await dialog.getByRole("button", { name: "Remove and import again" }).click();
    await report.getByText("2 watches without a time removed first").waitFor();
    await expectCard(page, "Videos", 3);
    expect(await replace.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it("takes an HTML export, with the times of the reader's own zone", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const html =
      '<html><body><div class="mdl-grid"><div class="outer-cell"><div class="mdl-grid">' +
      '<div class="header-cell"><p class="mdl-typography--title">YouTube<br></p></div>' +
      '<div class="content-cell mdl-typography--body-1">Angesehen:&nbsp;' +
      '<a href="https://www.youtube.com/watch?v=abcdefghijk">Ein Spaziergang</a><br>' +
      '<a href="https://www.youtube.com/channel/UCw">Wege</a><br>15.08.2025, 11:04:01 MESZ<br></div>' +
      "</div></div></div></body></html>";
    await drop(page, { "Wiedergabeverlauf.html": html });
    await page.getByRole("status", { name: "Import" }).getByText("Imported").waitFor();
    await page.getByRole("radio", { name: "All time" }).check();
    await expectCard(page, "Videos", 1);
    await page.locator(".channels").getByText("Wege").waitFor();
    expect(errors).toEqual([]);
  });

  it("takes the zip as Takeout delivers it, and keeps the receipt", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const entries = Array.from({ length: 30 }, (_, index) => entry(index));
    const path = join(mkdtempSync(join(tmpdir(), "import-")), "takeout-001.zip");
    const folder = "Takeout/YouTube et YouTube Music/historique";
    writeFileSync(
      path,
      zipOf([
        part(`${folder}/historique-des-recherches.json`, "[]"),
        part(`${folder}/historique-des-videos-vues.json`, JSON.stringify(entries), {
          descriptor: "short",
        }),
      ]),
    );
    await page.getByLabel("Watch history file").setInputFiles(path);
    const report = page.getByRole("status", { name: "Import" });
    await report.getByText("Imported takeout-001.zip").waitFor();
    await expectCard(page, "Videos", 30);
    await report.getByRole("button", { name: "Close" }).click();
    await page.locator("summary", { hasText: "Imports" }).click();
    const receipts = page.getByRole("list", { name: "Earlier imports" });
    await receipts.locator("summary").click();
    const text = (await receipts.innerText()).replace(/\s+/g, " ");
    expect(text).toMatch(/takeout-001.zip, .*: complete, 30 new records of 30 entries/);
    expect(text).toMatch(/entries read 30 inserted 30 already there 0/);
    expect(text).toContain(`found in ${folder}/historique-des-videos-vues.json`);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, "receipts");
    await page.setViewportSize(PHONE);
    await expectFits(page);
    await screenshot(page, "receipts-phone");
    expect(errors).toEqual([]);
  });

  it("shows progress of a large export, and keeps what went in when stopped", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    await page.getByLabel("Watch history file").setInputFiles(SAMPLE);
    await page.getByRole("progressbar").waitFor();
    await expect
      .poll(async () => await page.getByRole("region", { name: "Import" }).innerText())
      .toMatch(/[1-9]\d* new record/);
    await screenshot(page, "importing");
    await page.getByRole("radio", { name: "All time" }).check(); // the page is not busy
    await page.getByRole("button", { name: "Stop" }).click();
    const alert = page.getByRole("alert", { name: "Import" });
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/stopped[^]*nothing is added twice/);
    const total = Number(/inserted\s+([\d,]+)/.exec(await alert.innerText())![1]!.replace(",", ""));
    expect(total).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  });

  it("stops without a connection, too, and keeps the receipt once there is one", async () => {
    const relay = await startRelay(shared.current.url);
    onCleanup(() => relay.close());
    const userId = newUser();
    const { mintToken } = shared.current;
    const { page } = await openPage({ url: relay.url, mintToken }, userId);
    await page.getByText("Bring your watch history").waitFor();
    await page.getByLabel("Watch history file").setInputFiles(SAMPLE);
    const running = page.getByRole("region", { name: "Import" });
    await expect.poll(() => running.innerText()).toMatch(/[1-9]\d* new record/);
    relay.setMode("none");
    relay.drop();
    await page.getByText("Not connected").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page
      .getByRole("alert", { name: "Import" })
      .getByText(/^Stopped\./)
      .waitFor();
    relay.setMode("open");
    const client = await clientOf(shared.current, userId);
    await expect
      .poll(async () => await client.query(api.importReceipts.list, {}))
      .toMatchObject([{ outcome: "stopped", fileName: "watch-history.json" }]);
  });

  it("says in one line what is wrong with a file", async () => {
    const { page, errors } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const path = join(mkdtempSync(join(tmpdir(), "import-")), "watch-history.json");
    const alert = page.getByRole("alert", { name: "Import" });
    for (const [content, message] of [
      ["", /empty/],
      ["\u0089PNG\r\n\u001a\n0000", /JSON/],
      [zipOf([part("a.csv", "a")]), /holds no watch history/],
      ['{"profile": {"name": "Ann"}}', /watch history/],
      [`[${JSON.stringify(entry(1))},{"header":"YouT`, /ends|cut|early/i],
    ] as const) {
      writeFileSync(path, content);
      await page.getByLabel("Watch history file").setInputFiles(path);
      await alert.waitFor();
      expect(await alert.innerText()).toMatch(message);
      expect(await violations(page)).toEqual([]);
      await alert.getByRole("button", { name: "Close" }).click();
      expect(await alert.count()).toBe(0);
    }
    expect(errors).toEqual([]);
  });

  it("keeps what stood before the end of a broken download", async () => {
    const { page } = await emptyPage();
    await page.getByText("Bring your watch history").waitFor();
    const whole = readFileSync(SAMPLE, "utf8");
    await drop(page, { "watch-history.json": whole.slice(0, 120_000) });
    const alert = page.getByRole("alert", { name: "Import" });
    await alert.waitFor();
    const inserted = Number(/inserted\s+(\d+)/.exec(await alert.innerText())![1]);
    expect(inserted).toBeGreaterThan(100);
    await page.getByRole("radio", { name: "All time" }).check();
    await expectCard(page, "Videos", inserted);
  });
});
