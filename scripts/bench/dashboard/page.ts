import type { Browser, Page } from "playwright-core";
import { median } from "../measure";

/** Medians in milliseconds. */
export interface PageTimes {
  /** From navigation to ten painted panels, with nothing in the browser's cache. */
  firstPaintMs: number;
  /** From a filter change to the repaint of all panels. */
  filterChangeMs: number;
  /** Of that, from the answer's arrival to the repaint; null where none arrives. */
  answerToPaintMs: number | null;
}

declare global {
  interface Window {
    /** When all panels were first painted. */
    paintedAt?: number;
    lastMessageAt?: number;
  }
}

/** The compiler of these scripts has functions name themselves; in the page nobody does it. */
const NAMING = "globalThis.__name = (value) => value;";

/** Runs in the page before its own code. */
function watchPage(): void {
  const areAllShown = () => {
    const panels = document.querySelectorAll("[data-panel]");
    const shown = document.querySelectorAll('[data-panel][data-status="success"]');
    return panels.length === 10 && shown.length === 10;
  };
  const observer = new MutationObserver(() => {
    if (!areAllShown()) return;
    observer.disconnect();
    // The frame after the one that shows them is begun when theirs has been painted.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => (window.paintedAt = performance.now())),
    );
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true });
  const NativeWebSocket = window.WebSocket;
  window.WebSocket = class extends NativeWebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", () => (window.lastMessageAt = performance.now()));
    }
  };
}

/** Runs in the page: chooses a timeframe and resolves when all panels show it, painted. */
async function changeTimeframe(value: string): Promise<{ totalMs: number; sinceAnswerMs: number }> {
  const radio = document.querySelector<HTMLInputElement>(`input[type=radio][value=${value}]`);
  if (radio === null) throw new Error(`no timeframe ${value}`);
  const startedAt = performance.now();
  radio.click();
  const isSettled = () =>
    document.querySelectorAll('[data-panel][data-stale="false"]').length === 10;
  // The click itself renders within its own task: stale panels, or those of a filter still held.
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (!isSettled()) {
    await new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!isSettled()) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(document, { subtree: true, attributes: true });
    });
  }
  const answeredAt = window.lastMessageAt ?? startedAt;
  await new Promise<void>((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve())),
  );
  const now = performance.now();
  return { totalMs: now - startedAt, sinceAnswerMs: now - answeredAt };
}

/** Timeframes in an order in which each is new: what is held of one must have gone by then. */
const TIMEFRAMES = ["All", "YTD", "Last6M", "QTD", "MTD"];

/** Measures the page of whoever `url` signs in. */
export async function measurePage(
  browser: Browser,
  url: string,
  runs: number,
  isStored: boolean,
): Promise<PageTimes> {
  const firstPaints: number[] = [];
  const changes: number[] = [];
  const sinceAnswers: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript({ content: NAMING });
    await page.addInitScript(watchPage);
    await page.goto(url);
    const firstPaint = await paintedAt(page);
    for (const timeframe of TIMEFRAMES) {
      const { totalMs, sinceAnswerMs } = await page.evaluate(changeTimeframe, timeframe);
      if (run > 0) changes.push(totalMs);
      if (run > 0) sinceAnswers.push(sinceAnswerMs);
    }
    if (run > 0) firstPaints.push(firstPaint); // the first run warms server and browser up
    await context.close();
  }
  return {
    firstPaintMs: median(firstPaints),
    filterChangeMs: median(changes),
    answerToPaintMs: isStored ? median(sinceAnswers) : null,
  };
}

async function paintedAt(page: Page): Promise<number> {
  await page.waitForFunction(() => window.paintedAt !== undefined);
  return await page.evaluate(() => window.paintedAt!);
}
