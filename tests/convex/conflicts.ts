import { ConflictChecker } from "../../scripts/localBackend/conflicts/conflictChecker";
import type { TestBackend } from "../../scripts/localBackend/convexTestState";

/** The timer of Node itself: tests put another one in its place. */
const wait = globalThis.setTimeout;

/**
 * Refuses and retries transactions that conflict, as Convex does. They take no time here, so only
 * those that a test calls at the same moment overlap. Their retries wait until the others have run,
 * without moving the clock of the test.
 */
export function watchConflicts(t: TestBackend): void {
  new ConflictChecker(t, {
    sleep: () => new Promise((resolve) => void wait(resolve, 0)),
    random: () => 0.5,
  });
}
