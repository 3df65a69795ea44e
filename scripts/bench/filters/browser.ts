/** What a page does that computes for itself, in this process: there is no Web Worker here. */
import type { ConvexReactClient } from "convex/react";
import { convexToJson } from "convex/values";
import { ColumnsDownload } from "../../../src/react/fallback/columnsDownload";
import {
  startComputation,
  type ComputationHost,
} from "../../../src/react/fallback/computationHost";
import { createPageSource, type PageSource } from "../../../src/react/fallback/pageSource";
import type { Cost } from "../../localBackend/meter";
import type { Setting } from "./answers";

/** One download of all columns. */
export interface Download {
  elapsedMs: number;
  receivedBytes: number;
  cost: Cost;
}

/** Downloads the whole history again and again, each time into a browser that holds nothing. */
export async function takeDownloads({ user, meter }: Setting, count: number): Promise<Download[]> {
  const downloads: Download[] = [];
  for (let index = 0; index <= count; index++) {
    const browser = await startBrowser(user.client);
    meter.take();
    const startedAt = performance.now();
    const receivedBytes = await browser.download();
    const elapsedMs = performance.now() - startedAt;
    browser.host.end();
    // The first one warms up.
    if (index > 0) downloads.push({ elapsedMs, receivedBytes, cost: meter.take() });
  }
  return downloads;
}

/** What computes in the page, and where its bytes come from. */
export interface BrowserSide {
  host: ComputationHost;
  /** Brings the columns up to date; resolves to the bytes of the answers, as JSON. */
  download: () => Promise<number>;
}

export async function startBrowser(client: ConvexReactClient): Promise<BrowserSide> {
  let receivedBytes = 0;
  const source = watchSource(createPageSource(client), (bytes) => (receivedBytes += bytes));
  const host = await startComputation();
  const download = new ColumnsDownload(source, host);
  return {
    host,
    download: async () => {
      receivedBytes = 0;
      const isComplete = await download.run(
        () => undefined,
        () => true,
      );
      if (!isComplete) throw new Error("There are no columns that a browser may compute from.");
      return receivedBytes;
    },
  };
}

/** Tells the bytes of each answer about columns; their base64 is in it, compression is not. */
function watchSource(source: PageSource, onAnswer: (bytes: number) => void): PageSource {
  const noted = <Value>(answer: Value): Value => {
    // What a query returned is a Convex value.
    const json = JSON.stringify(convexToJson(answer as Parameters<typeof convexToJson>[0]));
    onAnswer(Buffer.byteLength(json));
    return answer;
  };
  return {
    ...source,
    columns: async () => noted(await source.columns()),
    columnsBytes: async (...args) => noted(await source.columnsBytes(...args)),
  };
}
