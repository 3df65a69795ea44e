import { ConvexHttpClient } from "convex/browser";
import type { ConvexReactClient } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { ConvexError } from "convex/values";
import { api } from "../../../convex/_generated/api";
import { NoConnectionError } from "../store/errors";

export type Revision = FunctionReturnType<typeof api.watchRecords.revision>;
export type RecordPage = FunctionReturnType<typeof api.watchRecords.page>;
export type ColumnsList = Extract<Columns, { dictionary: { bytes: number }[] }>;
export type ColumnsBytes = Extract<Columns, { dictionary: { bytes: ArrayBuffer }[] }>;
type Columns = NonNullable<FunctionReturnType<typeof api.aggregations.columns>>;

/** Where a download gets the history from. */
export interface PageSource {
  revision: () => Promise<Revision>;
  page: (cursor: string | null, maxRecords: number) => Promise<RecordPage>;
  /** Lists the columns; null where the server has none to be trusted. */
  columns: () => Promise<ColumnsList | null>;
  /** Bytes of months and of parts of the dictionary. */
  columnsBytes: (months: string[], dictionary: number[]) => Promise<ColumnsBytes | null>;
}

type Reader = Pick<ConvexHttpClient, "query">;

/**
 * Reads over plain HTTP with the token of the page's client: a download then neither waits for a
 * WebSocket that does not answer nor stands in the way of one that does. Where HTTP fails, or no
 * token is at hand, it reads through the client itself.
 */
export function createPageSource(client: ConvexReactClient): PageSource {
  const http = new ConvexHttpClient(client.url, { logger: false });
  const read = async <T>(query: (reader: Reader) => Promise<T>): Promise<T> => {
    const token = currentToken(client);
    if (token === null) return await query(client);
    http.setAuth(token);
    try {
      return await query(http);
    } catch (error) {
      if (error instanceof ConvexError) throw error;
      if (!client.connectionState().isWebSocketConnected) throw new NoConnectionError(error);
      return await query(client);
    }
  };
  return {
    revision: async () => await read((reader) => reader.query(api.watchRecords.revision, {})),
    page: async (cursor, maxRecords) => {
      const paginationOpts = { cursor, numItems: maxRecords };
      return await read((reader) => reader.query(api.watchRecords.page, { paginationOpts }));
    },
    // Which of the two it returns follows from the arguments: see `aggregations:columns`.
    columns: async () => {
      const columns = await read((reader) => reader.query(api.aggregations.columns, {}));
      return columns as ColumnsList | null;
    },
    columnsBytes: async (months, dictionary) => {
      const args = { months, dictionary };
      const columns = await read((reader) => reader.query(api.aggregations.columns, args));
      return columns as ColumnsBytes | null;
    },
  };
}

/**
 * The token the client signs its queries with. The getter of the client beneath is not among its
 * published types; a test holds it to what is read here.
 */
function currentToken(client: ConvexReactClient): string | null {
  const { sync } = client as unknown as {
    sync?: { getCurrentAuthClaims?: () => { token: string } | undefined };
  };
  return sync?.getCurrentAuthClaims?.()?.token ?? null;
}
