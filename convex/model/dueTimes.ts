/** How far ahead the times of a run may lie. Apart from ./schedule, and without imports. */

/** A run that has not shown life for this long has died. */
export const LEASE_MS = 60_000;
/** A failed run is retried after this long at most. */
export const MAX_RETRY_DELAY_MS = 3_600_000;
/** A time farther ahead was written by a clock that was wrong. */
export const MAX_DUE_MS = MAX_RETRY_DELAY_MS + LEASE_MS;
