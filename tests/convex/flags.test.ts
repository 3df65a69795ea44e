import { afterEach, expect, test, vi } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { asUser, makeBackend, NOON } from "./support";

afterEach(() => vi.useRealTimers());

const key = "precomputed_aggregations";

test("a flag nobody set is off, by default", async () => {
  const t = makeBackend();
  expect(await asUser(t, "ann").query(api.flags.evaluate, { key })).toEqual({
    value: false,
    variant: "off",
    reason: "DEFAULT",
  });
});

test("the default holds for all, a user's own setting comes before it", async () => {
  const t = makeBackend();
  await t.mutation(internal.flags.setDefault, { key, value: true });
  await t.mutation(internal.flags.setUser, { key, userId: "bob", value: false });
  expect(await asUser(t, "ann").query(api.flags.evaluate, { key })).toEqual({
    value: true,
    variant: "on",
    reason: "STATIC",
  });
  expect(await asUser(t, "bob").query(api.flags.evaluate, { key })).toEqual({
    value: false,
    variant: "off",
    reason: "TARGETING_MATCH",
  });
  await t.mutation(internal.flags.setUser, { key, userId: "bob", value: true });
  expect(await asUser(t, "bob").query(api.flags.evaluate, { key })).toMatchObject({ value: true });
});

test("flags are independent of each other", async () => {
  const t = makeBackend();
  await t.mutation(internal.flags.setDefault, { key: "another", value: true });
  expect(await asUser(t, "ann").query(api.flags.evaluate, { key })).toMatchObject({ value: false });
});

test("each change leaves an audit row with what was before and after, and why", async () => {
  const t = makeBackend();
  await t.mutation(internal.flags.setDefault, { key, value: false });
  await t.mutation(internal.flags.setDefault, { key, value: true, why: "beta went well" });
  await t.mutation(internal.flags.setUser, { key, userId: "bob", value: false });
  const rows = await t.run(async (ctx) => ctx.db.query("rollout_events").take(10));
  const events = rows.map(({ _id, _creationTime, ...event }) => event);
  expect(events).toEqual([
    {
      at: NOON,
      actor: "flags:setDefault",
      action: "setDefault",
      key,
      subject: null,
      before: null,
      after: false,
      why: null,
    },
    {
      at: NOON,
      actor: "flags:setDefault",
      action: "setDefault",
      key,
      subject: null,
      before: false,
      after: true,
      why: "beta went well",
    },
    {
      at: NOON,
      actor: "flags:setUser",
      action: "setUser",
      key,
      subject: "bob",
      before: null,
      after: false,
      why: null,
    },
  ]);
});
