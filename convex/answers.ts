import { v } from "convex/values";
import { AGGREGATION_TYPES } from "../src/engine";
import { internalQuery } from "./_generated/server";
import { answerFromSegments, testAnswer } from "./model/answer";
import { readPointer } from "./model/pointer";
import { timeZoneOf } from "./model/settings";
import { filtersValidator } from "./validators";

/** What `getMany` computes of a filter for a day; null where it leaves that to `request`. */
export const compute = internalQuery({
  args: { userId: v.string(), filters: filtersValidator, asOf: v.string() },
  // To be compared: a wrong one must be reported, not refused here.
  returns: v.any(),
  handler: async (ctx, { userId, filters, asOf }) => {
    const pointer = await readPointer(ctx, userId);
    const day = { asOf, timeZone: await timeZoneOf(ctx, userId) };
    return await answerFromSegments(ctx, pointer, filters, day, AGGREGATION_TYPES);
  },
});

/** Whether `getMany` can compute a filter for a day, and why not; it reads what that would read. */
export const test = internalQuery({
  args: { userId: v.string(), filters: filtersValidator, asOf: v.string() },
  returns: v.union(
    v.literal("computed"),
    v.literal("unbuilt"),
    v.literal("unreadable"),
    v.literal("too-large"),
  ),
  handler: async (ctx, { userId, filters, asOf }) => {
    const pointer = await readPointer(ctx, userId);
    const day = { asOf, timeZone: await timeZoneOf(ctx, userId) };
    return await testAnswer(ctx, pointer, filters, day);
  },
});
