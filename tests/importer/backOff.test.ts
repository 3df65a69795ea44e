import { ConvexError } from "convex/values";
import { describe, expect, it } from "vitest";
import { ConnectionLost, messageOf, withBackOff } from "../../src/importer";

/** A clock that only waiting moves, and no chance. */
function makeClock(random = 1) {
  let time = 0;
  const delays: number[] = [];
  const sleep = (delayMs: number) => {
    delays.push(delayMs);
    time += delayMs;
    return Promise.resolve();
  };
  return { delays, options: { now: () => time, random: () => random, sleep } };
}

function failing(...failures: unknown[]) {
  let calls = 0;
  return {
    call: () => {
      const failure = failures[calls++];
      return failure === undefined ? Promise.resolve("answer") : rejection(failure);
    },
    calls: () => calls,
  };
}

function rejection(failure: unknown): Promise<never> {
  return failure instanceof Error ? Promise.reject(failure) : Promise.reject(new Error("none"));
}

const limited = (retryAfterMs?: number) =>
  new ConvexError({
    code: "RATE_LIMITED",
    message: "Too fast.",
    ...(retryAfterMs && { retryAfterMs }),
  });

describe("withBackOff", () => {
  it("waits as long as RATE_LIMITED asks for, and up to a tenth longer", async () => {
    for (const [random, delays] of [
      [0, [2_000, 300]],
      [1, [2_200, 330]],
    ] as const) {
      const clock = makeClock(random);
      const { call } = failing(limited(2_000), limited(300));
      expect(await withBackOff(call, clock.options)).toBe("answer");
      expect(clock.delays).toEqual(delays);
    }
  });

  it("waits a second where RATE_LIMITED names no time", async () => {
    const clock = makeClock(0);
    await withBackOff(failing(limited()).call, clock.options);
    expect(clock.delays).toEqual([1_000]);
  });

  it("never gives up for being told to wait", async () => {
    const clock = makeClock(0);
    const { call } = failing(...Array.from({ length: 500 }, () => limited(60_000)));
    expect(await withBackOff(call, clock.options)).toBe("answer");
  });

  it("waits longer and longer for a lost connection, 20 seconds at most", async () => {
    const clock = makeClock();
    const { call } = failing(...Array.from({ length: 8 }, () => new ConnectionLost("gone")));
    expect(await withBackOff(call, clock.options)).toBe("answer");
    expect(clock.delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  it("gives up a connection that stays lost, with what it last said", async () => {
    const clock = makeClock();
    const { call, calls } = failing(
      ...Array.from({ length: 99 }, () => new ConnectionLost("gone")),
    );
    const options = { ...clock.options, giveUpAfterMs: 3_000 };
    await expect(withBackOff(call, options)).rejects.toThrow("gone");
    expect(calls()).toBe(4); // after 0, 500, 1,500 and 3,500 ms
  });

  it.each([
    ["another refusal", new ConvexError({ code: "INVALID_RECORDS", message: "No." })],
    ["a bug", new TypeError("x is undefined")],
  ])("throws %s at once", async (_what, failure) => {
    const clock = makeClock();
    await expect(withBackOff(failing(failure).call, clock.options)).rejects.toBe(failure);
    expect(clock.delays).toEqual([]);
  });

  it("tells what it waits for", async () => {
    const waits: unknown[] = [];
    const { options } = makeClock(0.5);
    const onWait = (wait: unknown) => void waits.push(wait);
    const { call } = failing(limited(100), new ConnectionLost("gone"));
    await withBackOff(call, { ...options, onWait });
    expect(waits).toEqual([
      { delayMs: 105, reason: "rate-limited" },
      { delayMs: 250, reason: "connection-lost" },
    ]);
  });

  it("ends a wait at once when it is stopped", async () => {
    const controller = new AbortController();
    const { call, calls } = failing(limited(3_600_000));
    const waiting = withBackOff(call, {
      signal: controller.signal,
      onWait: () => controller.abort(new Error("stopped")),
    });
    await expect(waiting).rejects.toThrow("stopped");
    expect(calls()).toBe(1);
  });
});

describe("messageOf", () => {
  it("finds the words of a refusal in its data", () => {
    expect(messageOf(limited(1))).toBe("Too fast.");
    expect(messageOf(new Error("plain"))).toBe("plain");
    expect(messageOf(new ConvexError("text"))).toContain("text");
    expect(messageOf(7)).toBe("7");
  });
});
