import type { JSONValue } from "convex/values";

/** The messages of Convex's sync protocol, as its clients send and expect them. */

export interface StateVersion {
  querySet: number;
  identity: number;
  timestamp: bigint;
}

export type ClientMessage =
  | { type: "Connect"; sessionId: string; maxObservedTimestamp?: string }
  | {
      type: "ModifyQuerySet";
      baseVersion: number;
      newVersion: number;
      modifications: QueryChange[];
    }
  | { type: "Authenticate"; baseVersion: number; tokenType: "None" }
  | { type: "Authenticate"; baseVersion: number; tokenType: "User"; value: string }
  | {
      type: "Authenticate";
      baseVersion: number;
      tokenType: "Admin";
      value: string;
      impersonating?: Record<string, unknown>;
    }
  | FunctionMessage
  | { type: "Event" };

export interface FunctionMessage {
  type: "Mutation" | "Action";
  requestId: number;
  udfPath: string;
  args: JSONValue[];
}

export type QueryChange =
  | { type: "Add"; queryId: number; udfPath: string; args: JSONValue[]; journal?: string | null }
  | { type: "Remove"; queryId: number };

/** What a client message says, as far as it is one. @throws where it is not. */
export function parseClientMessage(data: string): ClientMessage {
  const message = JSON.parse(data) as ClientMessage | null;
  if (typeof message?.type !== "string") throw new Error("a message needs a type");
  return message;
}

/** Timestamps are unsigned 64-bit numbers, little endian, in base64. */
export function encodeTimestamp(timestamp: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(timestamp);
  return bytes.toString("base64");
}

export function decodeTimestamp(encoded: string): bigint {
  return Buffer.from(encoded, "base64").readBigUInt64LE();
}

export function encodeVersion({ querySet, identity, timestamp }: StateVersion) {
  return { querySet, identity, ts: encodeTimestamp(timestamp) };
}
