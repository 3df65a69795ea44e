import {
  addDays,
  dayOf,
  intervalOf,
  localDateOf,
  startOfLocalDay,
  type TimeframeFilter,
} from "../../src/engine";
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

/** The last instant of JavaScript's dates: what expires then never does. */
const NEVER = 8_640_000_000_000_000;

/** The day that results of a timeframe are of; that of an interval which has ended stays. */
export function resultDay(timeframe: TimeframeFilter, day: LocalDay): LocalDay {
  const { asOf, timeZone } = day;
  const hasEnded = (intervalOf(timeframe)?.last ?? NO_END) <= asOf;
  return hasEnded ? { timeZone, asOf: dayOf(timeframe, asOf), endsAt: NEVER } : day;
}

/** Sorts behind all dates. */
const NO_END = "9";

export function localDayAt(now: number, timeZone: string): LocalDay {
  return localDay(localDateOf(now, timeZone), timeZone);
}

export function localDay(asOf: string, timeZone: string): LocalDay {
  return { timeZone, asOf, endsAt: startOfLocalDay(addDays(asOf, 1), timeZone) };
}
