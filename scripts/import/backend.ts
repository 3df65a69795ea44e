import type { ConvexHttpClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import {
  withBackOff,
  type BackOffOptions,
  type ImportReceipt,
  type Ingest,
} from "../../src/importer";
import { reach } from "../console/reach";
import { openClient, type Target } from "./signIn";

/** What an import needs of a deployment. */
export interface ImportBackend {
  /** The user's, as they have set it or not. */
  timeZone: string;
  ingest: (waits: BackOffOptions) => Ingest;
  saveReceipt: (receipt: ImportReceipt) => Promise<void>;
}

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
