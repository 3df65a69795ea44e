/** What went wrong with a mutation that an action called, told by the backend's own words. */

/** All tries lost against other writers: nothing is wrong, and the same call may succeed later. */
export function isConflict(error: unknown): boolean {
  return /changed while this mutation was being run/.test(messageOf(error));
}

/** The transaction took longer than Convex allows: the same work in smaller parts may fit. */
export function isTimeOut(error: unknown): boolean {
  return /execution timed out/i.test(messageOf(error));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
