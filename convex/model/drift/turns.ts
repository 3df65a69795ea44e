import type { Doc } from "../../_generated/dataModel";
import { nextDriftCheck } from "../schedule";

/**
 * When a user's segments are compared with their records. Whoever opened a page in the last week is
 * compared within a day. Nobody reads the results of the others, and comparing 1,000 users of 10,000
 * records reads 3.3 GB: their turn comes within a day of the page they open next (`request` sets it).
 */

const WEEK_MS = 7 * 86_400_000;
/** No turn until the user comes back. */
export const NO_TURN = Infinity;

export function isSeenLately(
  { lastSeenAt }: Pick<Doc<"aggregation_state">, "lastSeenAt">,
  now: number,
): boolean {
  return now - lastSeenAt < WEEK_MS;
}

/** When a user's next turn is, who was just compared. */
export function nextTurn(state: Pick<Doc<"aggregation_state">, "lastSeenAt">, now: number): number {
  return isSeenLately(state, now) ? nextDriftCheck(now) : NO_TURN;
}
