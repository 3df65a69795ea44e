/** What a user's zone is before they choose one: it says nothing of where they are. */
const UNCHOSEN = "UTC";

/**
 * The zone that settles the abbreviations in an HTML export: the one the user has chosen, else the
 * one of the machine in front of them.
 *
 * @param chosen as `aggregations:status` tells it; undefined while unknown.
 */
export function exportTimeZone(chosen: string | undefined, own: string): string {
  return chosen === undefined || chosen === UNCHOSEN ? own : chosen;
}
