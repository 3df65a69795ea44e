import { expect, it } from "vitest";
import { Breaths } from "../../scripts/localBackend/breaths";

/** Keeps the process busy as a transaction does. */
function work(durationMs: number): void {
  const end = performance.now() + durationMs;
  while (performance.now() < end);
}

it("returns to the event loop within a chain of transactions, in the order they came", async () => {
  const breaths = new Breaths();
  const heard = new AbortController();
  setImmediate(() => heard.abort());
  for (let index = 0; index < 1_000 && !heard.signal.aborted; index++) {
    await breaths.takeTurn();
    work(1);
  }
  expect(heard.signal.aborted).toBe(true);

  work(25); // whoever comes now has to wait
  const order: number[] = [];
  const turn = async (index: number) => {
    await breaths.takeTurn();
    order.push(index);
  };
  await Promise.all([0, 1, 2, 3].map(turn));
  expect(order).toEqual([0, 1, 2, 3]);
});
