import type { MutationCtx } from "../_generated/server";

/** Work stops, to go on in the next transaction, when this much has been read. */
const MAX_DOCUMENTS_READ = 4_000;
const MAX_BYTES_READ = 4 * 2 ** 20;
const MAX_QUERIES = 1_000;
/** Deletions are writes: a quarter of Convex's limit. */
const MAX_DOCUMENTS_WRITTEN = 4_000;

export type MeteredCtx = { meta: Pick<MutationCtx["meta"], "getTransactionMetrics"> };

/** Whether this transaction may go on, far from Convex's limits. */
export async function hasHeadroom(ctx: MeteredCtx): Promise<boolean> {
  const { documentsRead, bytesRead, databaseQueries, documentsWritten } =
    await ctx.meta.getTransactionMetrics();
  return (
    documentsRead.used < MAX_DOCUMENTS_READ &&
    bytesRead.used < MAX_BYTES_READ &&
    databaseQueries.used < MAX_QUERIES &&
    documentsWritten.used < MAX_DOCUMENTS_WRITTEN
  );
}
