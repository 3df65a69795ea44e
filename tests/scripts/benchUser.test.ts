import { expect, it } from "vitest";
import { internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { addBenchUser, lastDayOf, makeRecords, tablesOf } from "../../scripts/bench/filters/user";
import { recordKeyOf } from "../../src/takeout/recordKey";
import { makeBackend } from "../localBackend/support";

const RECORDS = 3_000;
const TABLES = ["watch_segments", "watch_dictionaries", "channel_attributes"];

it("the user that bench:filters plants has the bytes that a rebuild from records writes", async () => {
  const backend = await makeBackend();
  const bytesIn = (table: string) =>
    backend.engine
      .documentsOf(table)
      .map(({ partition, part, recordCount, fingerprint, bytes }) => {
        const hex = Buffer.from(bytes as ArrayBuffer).toString("hex"); // as the schema has it
        return { partition, part, recordCount, fingerprint, hex };
      })
      .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  const records = makeRecords(RECORDS, Date.now());
  expect(records.filter(({ watchedAt }) => watchedAt === null).length).toBeGreaterThan(1);

  const { client, userId } = await addBenchUser(backend, "ann", records);
  await client.close();
  const planted = TABLES.map(bytesIn);

  const there = new Set(lastDayOf(records));
  await tablesOf(backend).run(async (ctx) => {
    for (const record of records) {
      if (there.has(record)) continue;
      await ctx.db.insert("watch_records", { userId, recordKey: recordKeyOf(record), ...record });
    }
  });
  const { recordCount } = await runAsAdmin(backend, internal.recompute.user, { userId });
  expect(recordCount).toBe(RECORDS);
  const epochs = () =>
    new Set(backend.engine.documentsOf("watch_segments").map((row) => row["epoch"]));
  await expect.poll(() => epochs().size, { timeout: 10_000 }).toBe(1);
  expect(epochs()).not.toContain(1);
  expect(TABLES.map(bytesIn)).toEqual(planted);
});
