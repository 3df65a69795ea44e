/** npm run screenshots: takes the pictures of the dashboard that its README shows. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ConvexHttpClient } from "convex/browser";
import { api, internal } from "../convex/_generated/api";
import { DEFAULT_OPTIONS } from "../src/react";
import { runAsAdmin } from "./adminClient";
import { buildDashboard, serveDashboard } from "./dashboard";
import { chromiumPath, launchBrowser, MISSING_CHROMIUM } from "./dashboard/browser";
import { importRecords } from "./demo/importRecords";
import { readExport } from "./demo/readExport";
import { startLocalBackend } from "./localBackend";

const SAMPLE = join(import.meta.dirname, "sample/watch-history.json");
const PICTURES = join(import.meta.dirname, "../src/dashboard/screenshots");
const USER_ID = "demo";
const TIME_ZONE = "Europe/Berlin";
const VIEWPORT = { width: 1_280, height: 1_340 };

async function main(): Promise<number> {
  if (chromiumPath() === null) {
    console.error(MISSING_CHROMIUM);
    return 1;
  }
  const backend = await startLocalBackend();
  await runAsAdmin(backend, internal.flags.setDefault, {
    key: DEFAULT_OPTIONS.flagKey,
    value: true,
  });
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(USER_ID));
  await client.mutation(api.settings.setTimeZone, { timeZone: TIME_ZONE });
  await importRecords(client, (await readExport(SAMPLE)).records);
  await buildDashboard();
  const page = await serveDashboard({ backend, userId: USER_ID, port: 0 });
  mkdirSync(PICTURES, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) await takePicture(page.url, colorScheme);
  await page.close();
  await backend.close();
  return 0;
}

async function takePicture(url: string, colorScheme: "light" | "dark"): Promise<void> {
  const browser = await launchBrowser();
  const page = await browser.newPage({
    colorScheme,
    viewport: VIEWPORT,
    timezoneId: TIME_ZONE,
    locale: "en-GB",
  });
  await page.goto(url);
  const ready = '[data-panel][data-status="success"][data-stale="false"]';
  await page.waitForFunction((panels) => document.querySelectorAll(panels).length === 10, ready);
  await page.screenshot({ path: join(PICTURES, `${colorScheme}.png`) });
  await browser.close();
}

process.exit(await main());
