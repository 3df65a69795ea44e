import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { convexTestState } from "../../scripts/localBackend/convexTestState";
import { internal } from "../support/reach";
import { asUser, makeBackend, settle, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

async function refusalOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof ConvexError)) throw new Error("not refused", { cause: error });
  return error.data as Record<string, unknown>; // our one shape
}

async function ingest(t: Backend, userId: string, count: number): Promise<void> {
  const records = watches(count);
  await asUser(t, userId).mutation(api.watchRecords.ingest, { records });
}

function pageOf(t: Backend, userId: string, options: object) {
  const paginationOpts = { numItems: 10, cursor: null, ...options };
  return asUser(t, userId).query(api.watchRecords.page, { paginationOpts });
}

describe("watchRecords:page", () => {
  test("reads all records by the cursors it gives", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 25);
    const sizes: number[] = [];
    for (let cursor: string | null = null, isDone = false; !isDone;) {
      const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(t, "https://test|ann", {
        cursor,
      });
      sizes.push(page.page.length);
      ({ continueCursor: cursor, isDone } = page);
    }
    expect(sizes).toEqual([10, 10, 5]);
  });

  test.each([
    ["garbage", "garbage"],
    ["empty", ""],
    ["a document id", "10007watch_records"],
    ["JSON", '["https://test|ann",0]'],
  ])("refuses a cursor that is %s", async (_name, cursor) => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 5);
    const refused = { code: "INVALID_CURSOR", paginationError: "InvalidCursor" };
    expect(await refusalOf(pageOf(t, "https://test|ann", { cursor }))).toMatchObject(refused);
    expect(await refusalOf(pageOf(t, "https://test|ann", { endCursor: cursor }))).toMatchObject(
      refused,
    );
  });

  test("refuses a cursor of another user, whoever comes first", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 25);
    await ingest(t, "https://test|bob", 25);
    for (const [one, other] of [
      ["https://test|ann", "https://test|bob"],
      ["https://test|bob", "https://test|ann"],
    ] as const) {
      const { continueCursor: cursor } = await pageOf(t, one, {});
      expect(await refusalOf(pageOf(t, other, { cursor }))).toMatchObject({
        code: "INVALID_CURSOR",
        message: expect.stringContaining("from the first page") as string,
        // What convex's own usePaginatedQuery starts again by.
        isConvexSystemError: true,
        paginationError: "InvalidCursor",
      });
    }
  });

  test("refuses a cursor of another query", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 25);
    await settle(t);
    const { cursor } = await t.query(internal.rollout.survey, { cursor: null });
    expect(await refusalOf(pageOf(t, "https://test|ann", { cursor }))).toMatchObject({
      code: "INVALID_CURSOR",
    });
  });

  test.each([
    ["0", { numItems: 0 }, /^Nothing was read: numItems is 0; .* whole number from 1 on/],
    ["negative", { numItems: -5 }, /numItems is -5/],
    ["a fraction", { numItems: 2.5 }, /numItems is 2.5/],
    ["no number", { numItems: NaN }, /numItems is NaN/],
    ["below all numbers", { numItems: -Infinity }, /numItems is -Infinity/],
    ["of 0 rows", { maximumRowsRead: 0 }, /maximumRowsRead is 0/],
    ["of half a row", { maximumRowsRead: 0.5 }, /maximumRowsRead is 0.5/],
    ["of minus a row", { maximumRowsRead: -1 }, /maximumRowsRead is -1/],
  ])("refuses a page size that is %s", async (_name, options, message) => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 5);
    const refused = await refusalOf(pageOf(t, "https://test|ann", options));
    expect(refused).toMatchObject({
      code: "INVALID_CURSOR",
      message: expect.stringMatching(message) as string,
    });
    // Starting again would not help.
    expect(refused).not.toHaveProperty("paginationError");
  });

  test.each([5_000, 1e9, Number.MAX_VALUE, Infinity])(
    "takes a page size of %s for the largest there is",
    async (numItems) => {
      const t = makeBackend();
      await ingest(t, "https://test|ann", 5);
      expect((await pageOf(t, "https://test|ann", { numItems })).page).toHaveLength(5);
    },
  );

  test("bounds what it reads, whatever the caller allows", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 5);
    const page = await pageOf(t, "https://test|ann", { maximumBytesRead: 0 });
    expect(page.page).toHaveLength(5);
  });

  test("lets other failures pass as they are", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 5);
    const { db } = convexTestState(t).components[""]!;
    db.paginate = () => {
      throw new Error("Too many bytes read in a single function execution");
    };
    await expect(pageOf(t, "https://test|ann", {})).rejects.toThrow(/^Too many bytes read/);
  });
});

describe("a bad cursor is refused by", () => {
  const cursor = "garbage";
  test.each<[string, (t: Backend) => Promise<unknown>]>([
    [
      "operations:survey",
      (t) =>
        t
          .withIdentity({ subject: "olga", issuer: "https://test.local", role: "admin" })
          .query(api.operations.survey, { cursor }),
    ],
    ["rollout:survey", (t) => t.query(internal.rollout.survey, { cursor })],
    ["validation:differences", (t) => t.query(internal.validation.differences, { cursor })],
    [
      "backfill:countPage",
      (t) => t.query(internal.backfill.countPage, { userId: "https://test|ann", cursor }),
    ],
    [
      "check:segments",
      (t) => t.query(internal.check.segments, { userId: "https://test|ann", epoch: 1, cursor }),
    ],
    [
      "check:page",
      (t) => {
        const paginationOpts = { cursor, numItems: 10 };
        return t.query(internal.check.page, { userId: "https://test|ann", paginationOpts });
      },
    ],
    [
      "drift:records",
      (t) => t.query(internal.drift.records, { userId: "https://test|ann", cursor }),
    ],
    [
      "drift:notes",
      (t) => t.query(internal.drift.notes, { userId: "https://test|ann", epoch: 1, cursor }),
    ],
  ])("%s", async (_name, call) => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", 5);
    await settle(t);
    await t.mutation(internal.validation.start, { userIds: ["https://test|ann"] });
    await settle(t);
    expect(await refusalOf(call(t))).toMatchObject({ code: "INVALID_CURSOR" });
  });
});
