import { ConvexError } from "convex/values";
import { expect, it, onTestFinished, vi } from "vitest";
import { BrowserHistory } from "../../src/react/fallback/browserHistory";
import type { PageSource, RecordPage } from "../../src/react/fallback/pageSource";
import { DEFAULT_OPTIONS } from "../../src/react";
import { ALL, expected, history } from "./support";

const RECORDS = history(30);
const PAGE_RECORDS = 10;

function invalidCursor(data: object = { paginationError: "InvalidCursor" }) {
  return new ConvexError({ code: "INVALID_CURSOR", message: "not of this query", ...data });
}

/** A server of 30 records that meets each request for a page first with what `fail` throws. */
function startHistory(fail: (cursor: string | null) => void) {
  const cursors: (string | null)[] = [];
  const source: PageSource = {
    revision: () =>
      Promise.resolve({
        userId: "ann",
        lastChange: null,
        recordCount: 30,
        timeZone: "UTC",
        changesPending: false,
        columns: null,
      }),
    page: (cursor) => {
      cursors.push(cursor);
      return new Promise((resolve) => {
        fail(cursor);
        resolve(pageFrom(Number(cursor ?? 0)));
      });
    },
    columns: () => Promise.resolve(null),
    columnsBytes: () => Promise.resolve(null),
  };
  const options = { ...DEFAULT_OPTIONS, pageRecords: PAGE_RECORDS };
  const downloaded = new BrowserHistory(source, options, () => undefined);
  onTestFinished(() => downloaded.end());
  downloaded.update(new Map([["all", ALL]]), null, false);
  return { downloaded, cursors };
}

function pageFrom(start: number): RecordPage {
  const end = start + PAGE_RECORDS;
  const page = RECORDS.slice(start, end).map(({ topics, ...record }) => {
    return { ...record, topics: [...topics] };
  });
  return { page, isDone: end >= RECORDS.length, continueCursor: String(end) };
}

it("a download starts again from the first page when its cursor is refused", async () => {
  let refusals = 0;
  const { downloaded, cursors } = startHistory((cursor) => {
    if (cursor === "20" && refusals++ === 0) throw invalidCursor();
  });
  const result = await vi.waitUntil(() => downloaded.resultOf("all"));
  expect(result.results).toEqual(expected(RECORDS));
  expect(cursors).toEqual([null, "10", "20", null, "10", "20"]);
  expect(downloaded.problem).toBeNull();
});

it("a download whose cursors are always refused stops after three times, with the problem", async () => {
  const { downloaded, cursors } = startHistory((cursor) => {
    if (cursor === "10") throw invalidCursor();
  });
  const problem = await vi.waitUntil(() => downloaded.problem);
  expect(problem).toEqual({ code: "INVALID_CURSOR", message: "not of this query" });
  expect(cursors).toEqual([null, "10", null, "10", null, "10"]);
});

it("a download does not start again where its page size is refused", async () => {
  const { downloaded, cursors } = startHistory(() => {
    throw invalidCursor({});
  });
  await vi.waitUntil(() => downloaded.problem);
  expect(cursors).toEqual([null]);
});
