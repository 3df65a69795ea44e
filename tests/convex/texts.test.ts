import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { internal } from "../support/reach";
import { asUser, makeBackend, makeLenientBackend, settle, watch, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const HALF = "\uD83D";
/** Cut at any even length, it is cut inside a pair. */
const ROCKETS = `x${"🚀".repeat(2_000)}`;

async function messageOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!(error instanceof ConvexError)) throw new Error("not refused", { cause: error });
  return (error.data as { message: string }).message; // our one shape
}

describe("a refusal echoes a well-formed beginning of", () => {
  test.each<[string, number, (t: Backend, text: string) => Promise<unknown>]>([
    [
      "a time zone",
      50,
      (t, timeZone) =>
        asUser(t, "https://test|ann").mutation(api.settings.setTimeZone, { timeZone }),
    ],
    [
      "a record key",
      100,
      (t, recordKey) =>
        asUser(t, "https://test|ann").mutation(api.watchRecords.update, { recordKey, patch: {} }),
    ],
    [
      "a timeframe",
      50,
      (t, timeframe) => {
        const filters = { timeframe, product: "All", topics: [], channels: [] };
        return asUser(t, "https://test|ann").query(api.aggregations.getMany, { filters });
      },
    ],
    ["a user id", 100, (t, userId) => t.action(internal.validation.checkUser, { userId })],
  ])("%s", async (_name, maxLength, call) => {
    const t = makeBackend();
    for (const text of [ROCKETS, `z${ROCKETS}`]) {
      const message = await messageOf(call(t, text));
      expect(message).not.toMatch(/\p{Surrogate}/u);
      const echoed = /"([^"]*)"/.exec(message)?.[1] ?? "";
      expect(echoed.length).toBeGreaterThan(0);
      expect(echoed.length).toBeLessThanOrEqual(maxLength);
    }
  });
});

describe("the reasons for a change of a flag", () => {
  test("are stored cut and well-formed", async () => {
    const t = makeLenientBackend();
    const why = `${HALF}${ROCKETS}`;
    await t.mutation(internal.flags.kill, { why });
    const { killed } = await t.query(internal.flags.show, {});
    await t.mutation(internal.flags.revive, { why });
    await t.mutation(internal.rollout.rollbackAll, { reason: why });
    const { killed: killedAgain } = await t.query(internal.flags.show, {});
    await t.mutation(internal.rollout.rollbackUser, { userId: "https://test|ann", reason: why });
    await t.mutation(internal.flags.setUser, { userId: "https://test|bob", value: true, why });
    const cut = `\uFFFDx${"🚀".repeat(499)}`;
    expect([killed?.why, killedAgain?.why]).toEqual([cut, cut]);
    const events = await t.query(internal.rollout.history, {});
    expect(events).toHaveLength(5);
    expect(new Set(events.map((event) => event.why))).toEqual(new Set([cut]));
    expect(JSON.stringify(events)).not.toMatch(/\\ud8/);
  });
});

describe("channels:search", () => {
  test("finds nothing for a text longer than any title", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const channelTitle = "語".repeat(200);
    await ann.mutation(api.watchRecords.ingest, { records: [watch({ channelTitle })] });
    await settle(t);
    expect(await ann.query(api.channels.search, { text: channelTitle })).toEqual([channelTitle]);
    expect(await ann.query(api.channels.search, { text: "語".repeat(2_001) })).toEqual([]);
  });
});
