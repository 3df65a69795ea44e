import { withBackOff, type BackOffOptions } from "./backOff";

/**
 * Removes all watches without a time, a part with each call, waiting as the backend asks.
 *
 * @returns how many there were.
 * @throws what `call` throws, and the signal's reason; those removed before are gone.
 */
export async function removeAllUndated(
  call: () => Promise<{ removed: number; isDone: boolean }>,
  waits: BackOffOptions,
): Promise<number> {
  let total = 0;
  for (;;) {
    const { removed, isDone } = await withBackOff(call, waits);
    total += removed;
    if (isDone) return total;
  }
}
