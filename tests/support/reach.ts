import type { TestConvex } from "convex-test";
import type schema from "../../convex/schema";

/**
 * How tests reach what no client can: internal functions, and tables past the functions that guard
 * them. Every test goes through this file, so that tables and functions can move without it.
 */
export { internal } from "../../convex/_generated/api";

type Backend = TestConvex<typeof schema>;
type Ctx = Parameters<Parameters<Backend["run"]>[0]>[0];

/** Runs a handler in a transaction of its own that may read and write every table. */
export async function inTables<Result>(
  t: Backend,
  handler: (ctx: Ctx) => Promise<Result>,
): Promise<Result> {
  return await t.run(handler);
}
