import type { ConvexHttpClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import {
  ConnectionLost,
  withBackOff,
  type BackOffOptions,
  type ImportReceipt,
  type Ingest,
} from "../../src/importer";
import { openClient, type Target } from "./signIn";

/** What an import needs of a deployment. */
export interface ImportBackend {
  /** The user's, as they have set it or not. */
  timeZone: string;
  ingest: (waits: BackOffOptions) => Ingest;
  saveReceipt: (receipt: ImportReceipt) => Promise<void>;
}

/** A function that failed answers with this status; others from 500 on are not its own. */
const FUNCTION_FAILED = 560;
/** The receipt is the last thing to be sent; the person is waiting. */
const RECEIPT_GIVE_UP_MS = 15_000;

/**
 * A deployment that has answered once; from then on it is called until it answers.
 *
 * @throws ConnectionLost where it is out of reach, and what it says where it refuses the user.
 */
export async function openBackend(target: Target): Promise<ImportBackend> {
  const client = await openClient(target, (...request) => reach(target.url, request));
  const { timeZone } = await client.query(api.aggregations.status, {});
  return {
    timeZone,
    ingest: (waits) => async (records) => await withBackOff(() => ingest(client, records), waits),
    saveReceipt: async (receipt) => {
      await withBackOff(
        () => client.mutation(api.importReceipts.save, { receipt }, { skipQueue: true }),
        { giveUpAfterMs: RECEIPT_GIVE_UP_MS },
      );
    },
  };
}

async function ingest(client: ConvexHttpClient, records: Parameters<Ingest>[0]) {
  // Not in the client's own queue, which lets one call through at a time.
  return await client.mutation(api.watchRecords.ingest, { records }, { skipQueue: true });
}

/** `fetch` that tells a deployment out of reach from one that refuses. */
async function reach(url: string, request: Parameters<typeof fetch>): Promise<Response> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(...request);
    ({ status } = response);
    // Here, so that a connection lost in the middle of the answer counts as one.
    text = await response.text();
  } catch (error) {
    throw new ConnectionLost(`${url} does not answer (${reasonOf(error)})`);
  }
  const isOutOfOrder = status === 429 || (status >= 500 && status !== FUNCTION_FAILED);
  if (isOutOfOrder) throw new ConnectionLost(`${url} answers with status ${status}`);
  return new Response(text, { status });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
}
