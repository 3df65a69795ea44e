import { addDays, localDateOf, startOfLocalDay } from "../../src/engine";
import type { QueryCtx } from "../_generated/server";

const DEFAULT_TIME_ZONE = "UTC";

/** The user's IANA time zone; UTC until they choose. */
export async function timeZoneOf(ctx: Pick<QueryCtx, "db">, userId: string): Promise<string> {
  const settings = await ctx.db
    .query("user_settings")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
  return settings?.timeZone ?? DEFAULT_TIME_ZONE;
}

/** The local day results are computed for, and the instant it ends. */
export interface LocalDay {
  timeZone: string;
  asOf: string;
  endsAt: number;
}

export function localDayAt(now: number, timeZone: string): LocalDay {
  const asOf = localDateOf(now, timeZone);
  return { timeZone, asOf, endsAt: startOfLocalDay(addDays(asOf, 1), timeZone) };
}
