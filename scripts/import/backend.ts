import type { ConvexHttpClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import {
  removeAllUndated,
  withBackOff,
  type BackOffOptions,
  type ImportReceipt,
  type Ingest,
} from "../../src/importer";
import { reach } from "../console/reach";
import { openClient, type ImportTarget } from "./signIn";

/** What an import needs of a deployment. */
export interface ImportBackend {
  /** For people: the full id where an admin key acts for the user, otherwise as it was named. */
  user: string;
  /** The user's time zone. */
  timeZone: string;
  ingest: (waits: BackOffOptions) => Ingest;
  /** Removes all watches without a time; returns how many. */
  removeUndated: (waits: BackOffOptions) => Promise<number>;
  saveReceipt: (receipt: ImportReceipt) => Promise<void>;
}

/** The receipt comes last, and a person is waiting. */
const RECEIPT_GIVE_UP_MS = 15_000;

/**
 * Opens a deployment and reads from it once. Later calls are repeated until it answers.
 *
 * @throws ConnectionLost where it does not answer, or its refusal of the user.
 */
export async function openBackend(target: ImportTarget): Promise<ImportBackend> {
  const { client, user } = await openClient(target, (...request) =>
    reach(target.place.url, request),
  );
  const { timeZone } = await client.query(api.aggregations.status, {});
  return {
    user,
    timeZone,
    ingest: (waits) => async (records) => await withBackOff(() => ingest(client, records), waits),
    removeUndated: async (waits) =>
      await removeAllUndated(
        () => client.mutation(api.watchRecords.removeUndated, {}, { skipQueue: true }),
        waits,
      ),
    saveReceipt: async (receipt) => {
      await withBackOff(
        () => client.mutation(api.importReceipts.save, { receipt }, { skipQueue: true }),
        { giveUpAfterMs: RECEIPT_GIVE_UP_MS },
      );
    },
  };
}

async function ingest(client: ConvexHttpClient, records: Parameters<Ingest>[0]) {
  // Not through the client's own queue, which runs one call at a time.
  return await client.mutation(api.watchRecords.ingest, { records }, { skipQueue: true });
}
