import type { MutationCtx } from "../_generated/server";

/** Work stops, to go on in the next transaction, when this much has been read. */
const MAX_DOCUMENTS_READ = 4_000;
const MAX_BYTES_READ = 4 * 2 ** 20;
const MAX_QUERIES = 1_000;
/** Deletions are writes: a quarter of Convex's limit. */
const MAX_DOCUMENTS_WRITTEN = 4_000;

/** `scale`, 1 where left out, is the share of the usual work that this transaction takes on. */
export interface MeteredCtx {
  meta: Pick<MutationCtx["meta"], "getTransactionMetrics">;
  scale?: number;
}

/** Whether this transaction may go on, far from Convex's limits. */
export async function hasHeadroom({ meta, scale = 1 }: MeteredCtx): Promise<boolean> {
  const { documentsRead, bytesRead, databaseQueries, documentsWritten } =
    await meta.getTransactionMetrics();
  return (
    documentsRead.used < MAX_DOCUMENTS_READ * scale &&
    bytesRead.used < MAX_BYTES_READ * scale &&
    databaseQueries.used < MAX_QUERIES * scale &&
    documentsWritten.used < MAX_DOCUMENTS_WRITTEN * scale
  );
}
