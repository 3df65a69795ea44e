import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type Axe from "axe-core";
import { ConvexHttpClient } from "convex/browser";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { beforeAll, expect, vi } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { serveDashboard } from "../../scripts/dashboard";
import { launchBrowser } from "../../scripts/dashboard/browser";
import {
  developmentUserId,
  mintToken,
  startLocalBackend,
  type LocalBackend,
} from "../../scripts/localBackend";
import {
  aggregate,
  localDateOf,
  type AggregationResults,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";
import { DEFAULT_OPTIONS } from "../../src/react";

const ARTIFACTS = join(import.meta.dirname, "../../artifacts");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const FLAG = DEFAULT_OPTIONS.flagKey;
export const TIME_ZONE = "Europe/Berlin";
export const LAST_12_MONTHS: FilterOptions = {
  timeframe: "Last12M",
  product: "All",
  topics: [],
  channels: [],
};

const DESKTOP = { width: 1_360, height: 900 };
export const PHONE = { width: 390, height: 844 };

type Cleanup = () => Promise<unknown>;
const cleanups: Cleanup[] = [];
let users = 0;

/** The browser of all tests of this process, in which each test has windows of its own. */
let browser: Promise<Browser> | undefined;

/** Closes what the test has opened: ./setup calls it after each one. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export function onCleanup(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

/** One backend for all tests of a file, in a process of its own; each has users of its own. */
export function sharedBackend(): { current: LocalBackend } {
  const shared = {} as { current: LocalBackend }; // set before the first test runs
  beforeAll(async () => {
    shared.current = await forkBackend();
    return () => shared.current.close();
  });
  return shared;
}

/** A backend in a process of its own. */
async function forkBackend(): Promise<LocalBackend> {
  const path = join(import.meta.dirname, "backendProcess.ts");
  const child = fork(path, { execArgv: ["--import", "tsx"] });
  const ended = once(child, "exit");
  const close = async () => {
    if (child.connected) child.disconnect();
    await ended;
  };
  const started = once(child, "message") as Promise<[Omit<LocalBackend, "mintToken" | "close">]>;
  const died = ended.then(() => Promise.reject(new Error("the backend did not start")));
  const [addresses] = await Promise.race([started, died]);
  died.catch(() => undefined);
  return { ...addresses, mintToken, close };
}

export async function makeBackend(port = 0, convexDirectory?: string): Promise<LocalBackend> {
  const chosen = convexDirectory === undefined ? {} : { convexDirectory };
  const backend = await startLocalBackend({ withCrons: false, port, ...chosen });
  cleanups.push(() => backend.close());
  return backend;
}

export function newUser(): string {
  users += 1;
  return `user-${String(users)}`;
}

export async function clientOf(backend: LocalBackend, userId: string): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(userId));
  return client;
}

export async function setFlag(backend: LocalBackend, userId: string, value: boolean) {
  const user = { userId: developmentUserId(userId) };
  await runAsAdmin(backend, internal.flags.setUser, { key: FLAG, ...user, value });
}

/** Leaves it to the general rules, which have not reached anybody. */
export async function clearFlag(backend: LocalBackend, userId: string) {
  const user = { userId: developmentUserId(userId) };
  await runAsAdmin(backend, internal.flags.clearUser, { key: FLAG, ...user });
}

const CHANNELS = ["Alpha", "Beta", "Gamma", "Émile's Kitchen", "<b>Delta</b>"];
/** Between the sessions, and between the watches of one. */
const SESSION_MS = 28_000_000;
const PAUSE_MS = 600_000;
const SESSION_VIDEOS = 4;

/** `count` watches back from an hour ago, in sessions of four, some 80 days for 1,000. */
export function history(count: number): WatchRecord[] {
  const newest = Date.now() - 3_600_000;
  return Array.from({ length: count }, (_, index) => ({
    watchedAt:
      newest -
      Math.floor(index / SESSION_VIDEOS) * SESSION_MS -
      (index % SESSION_VIDEOS) * PAUSE_MS,
    channelTitle: CHANNELS[index % CHANNELS.length]!,
    channelUrl: index % 2 === 0 ? `https://www.youtube.com/channel/UC${String(index % 5)}` : null,
    product: index % 4 === 0 ? "YouTube Music" : "YouTube",
    topics: index % 3 === 0 ? ["Music"] : ["Gaming", "News"],
    durationSeconds: 60 + index,
  }));
}

export async function ingest(
  backend: LocalBackend,
  userId: string,
  records: readonly WatchRecord[],
): Promise<void> {
  const client = await clientOf(backend, userId);
  for (let start = 0; start < records.length; start += 500) {
    const batch = records.slice(start, start + 500).map(({ topics, ...record }) => ({
      ...record,
      topics: [...topics],
      videoId: null,
      videoTitle: `Video of ${String(record.watchedAt)}`,
      videoUrl: null,
    }));
    await client.mutation(api.watchRecords.ingest, { records: batch });
  }
}

/** A user with a history, counted in `TIME_ZONE`, aggregated. */
export async function userWithHistory(backend: LocalBackend, count: number, flag = true) {
  const userId = newUser();
  const records = history(count);
  await setFlag(backend, userId, flag);
  const client = await clientOf(backend, userId);
  await client.mutation(api.settings.setTimeZone, { timeZone: TIME_ZONE });
  await ingest(backend, userId, records);
  const expectReady = async () => {
    const { pendingChanges, lastRecomputedAt } = await client.query(api.aggregations.status, {});
    expect(pendingChanges).toBe(0);
    expect(lastRecomputedAt).not.toBeNull();
    // DEFAULT: the first build is not validated yet.
    expect((await client.query(api.flags.evaluate, { key: FLAG })).reason).not.toBe("DEFAULT");
  };
  await vi.waitFor(expectReady, { timeout: 20_000, interval: 50 });
  return { userId, records };
}

/** The ten results straight from the records. */
export function expected(
  records: readonly WatchRecord[],
  filters: FilterOptions = LAST_12_MONTHS,
): AggregationResults {
  const asOf = localDateOf(Date.now(), TIME_ZONE);
  // Without a list of types all ten are computed.
  return aggregate(records, { filters, asOf, timeZone: TIME_ZONE }) as AggregationResults;
}

export interface OpenPage {
  page: Page;
  url: string;
  /** What the page logged as errors or threw. */
  errors: string[];
}

export interface PageOptions {
  context?: BrowserContextOptions;
  /** The query and fragment of the address. */
  search?: string;
  /** Of the user's token. */
  claims?: Record<string, unknown>;
  /** Runs before the page is loaded. */
  prepare?: (page: Page) => Promise<unknown>;
}

/** The dashboard of a user in a browser of their own. */
export async function openPage(
  backend: Pick<LocalBackend, "url" | "mintToken">,
  userId: string,
  { context: options = {}, search = "", claims = {}, prepare }: PageOptions = {},
): Promise<OpenPage> {
  const server = await serveDashboard({ backend, userId, claims, port: 0 });
  browser ??= launchBrowser();
  const context = await (
    await browser
  ).newContext({
    locale: "en-GB",
    timezoneId: TIME_ZONE,
    viewport: DESKTOP,
    ...options,
  });
  cleanups.push(async () => {
    await context.close();
    await server.close();
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  await prepare?.(page);
  await page.goto(`${server.url}${search}`);
  return { page, url: server.url, errors };
}

/** Waits until all ten panels show data that is not stale. */
export async function settledPanels(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelectorAll('[data-panel][data-status="success"][data-stale="false"]')
        .length === 10,
  );
}

/** The number a KPI card shows, as text. */
export async function cardOf(page: Page, name: string): Promise<string> {
  const card = page.locator('[data-panel="kpi"] .card', {
    has: page.getByText(name, { exact: true }),
  });
  return await card.locator(".figure").innerText();
}

/** Waits until the card shows a number. */
export async function expectCard(page: Page, name: string, value: number): Promise<void> {
  const text = value.toLocaleString("en-GB");
  await expect.poll(async () => await cardOf(page, name), { timeout: 20_000 }).toBe(text);
}

export async function sourcesOf(page: Page): Promise<(string | null)[]> {
  const panels = await page.locator("[data-panel]").all();
  return await Promise.all(panels.map((panel) => panel.getAttribute("data-source")));
}

/** What axe-core finds in the page, or within a part of it, as one line a violation. */
export async function violations(page: Page, within?: string): Promise<string[]> {
  // As text: the page's own policy may forbid adding a script by address.
  await page.evaluate(readFileSync(AXE, "utf8"));
  return await page.evaluate(async (selector) => {
    // Put there by the script above.
    const { axe } = window as unknown as { axe: typeof Axe };
    const { violations: found } = await axe.run(selector ?? document);
    return found.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join("; ")}`,
    );
  }, within);
}

/** Shows the page in light, in dark and on a phone, one after the other. */
export async function inEachLook(page: Page, check: (look: string) => Promise<void>) {
  for (const [look, colorScheme, viewport] of [
    ["light", "light", DESKTOP],
    ["dark", "dark", DESKTOP],
    ["phone", "light", PHONE],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await check(look);
  }
}

/** Waits until the page is as wide as its window; charts follow the window after a moment. */
export async function expectFits(page: Page): Promise<void> {
  const excess = () =>
    page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
  await expect.poll(excess).toBe(0);
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true });
}
