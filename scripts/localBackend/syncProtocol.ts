import type { JSONValue } from "convex/values";
import { z } from "zod";
import type { Outcome } from "./functions";
import { parseJson } from "./json";

/** The messages of Convex's sync protocol, as its clients send and expect them. */

export interface StateVersion {
  querySet: number;
  identity: number;
  timestamp: bigint;
}

/** A message that does not follow the protocol; the session ends with its text. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/** Eight bytes in base64: eleven characters of six bits, of which the last two bits are zero. */
const TIMESTAMP = /^[A-Za-z0-9+/]{10}[AEIMQUYcgkosw048]=$/;
/** The real backend keeps timestamps in signed 64-bit numbers. */
const MAX_TIMESTAMP = 2n ** 63n - 1n;
const MAX_TEXT_LENGTH = 16_384;

const text = z.string().max(MAX_TEXT_LENGTH);
const uint32 = z.int().min(0).max(0xffff_ffff);
const timestamp = z
  .string()
  .regex(TIMESTAMP, "a timestamp is eight bytes in base64")
  .transform(decodeTimestamp)
  .refine((value) => value <= MAX_TIMESTAMP, "a timestamp is below 2 ** 63");
/** What arrives was JSON, so its fields are JSON values. */
const jsonObject = z.custom<Record<string, JSONValue>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "arguments are one object",
);
const functionCall = {
  udfPath: text.min(1),
  args: z.array(jsonObject).max(1),
  componentPath: z.literal("", "the local backend runs functions of the app only").nullish(),
};

const connect = z.object({
  type: z.literal("Connect"),
  sessionId: z.guid(),
  connectionCount: uint32,
  lastCloseReason: z.string().nullish(),
  maxObservedTimestamp: timestamp.nullish(),
  clientTs: z.number().nullish(),
});

const modifyQuerySet = z
  .object({
    type: z.literal("ModifyQuerySet"),
    baseVersion: uint32,
    newVersion: uint32,
    modifications: z.array(
      z.discriminatedUnion("type", [
        z.object({
          type: z.literal("Add"),
          queryId: uint32,
          journal: text.nullish(),
          ...functionCall,
        }),
        z.object({ type: z.literal("Remove"), queryId: uint32 }),
      ]),
    ),
  })
  .refine(({ baseVersion, newVersion }) => baseVersion < newVersion, "newVersion is not newer");

const authenticate = z.discriminatedUnion("tokenType", [
  z.object({ type: z.literal("Authenticate"), tokenType: z.literal("None"), baseVersion: uint32 }),
  z.object({
    type: z.literal("Authenticate"),
    tokenType: z.literal("User"),
    baseVersion: uint32,
    value: z.string(),
  }),
  z.object({
    type: z.literal("Authenticate"),
    tokenType: z.literal("Admin"),
    baseVersion: uint32,
    value: z.string(),
    impersonating: jsonObject.exactOptional(),
  }),
]);

const clientMessage = z.discriminatedUnion("type", [
  connect,
  modifyQuerySet,
  authenticate,
  z.object({ type: z.literal("Mutation"), requestId: uint32, ...functionCall }),
  z.object({ type: z.literal("Action"), requestId: uint32, ...functionCall }),
  z.object({ type: z.literal("Event"), eventType: z.string(), event: z.unknown() }),
]);

export type ClientMessage = z.infer<typeof clientMessage>;
export type Authenticate = z.infer<typeof authenticate>;
export type FunctionMessage = Extract<ClientMessage, { type: "Mutation" | "Action" }>;
export type QueryChange = z.infer<typeof modifyQuerySet>["modifications"][number];

/** @throws ProtocolError where the data is not a message of a client. */
export function parseClientMessage(data: string): ClientMessage {
  const result = clientMessage.safeParse(parseMessageJson(data));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.length ? ` at ${issue.path.join(".")}` : "";
  throw new ProtocolError(`Invalid message${place}: ${issue?.message ?? "unknown reason"}`);
}

function parseMessageJson(data: string): unknown {
  try {
    return parseJson(data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProtocolError(`Received Invalid JSON on websocket: ${reason}`);
  }
}

/** Timestamps are unsigned 64-bit numbers, little endian, in base64. */
export function encodeTimestamp(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.toString("base64");
}

function decodeTimestamp(encoded: string): bigint {
  return Buffer.from(encoded, "base64").readBigUInt64LE();
}

export function encodeVersion({ querySet, identity, timestamp }: StateVersion) {
  return { querySet, identity, ts: encodeTimestamp(timestamp) };
}

/** How a query ended, as a change of a Transition. */
export function describeOutcome(queryId: number, outcome: Outcome, journal: string | null) {
  const { logLines } = outcome;
  if (outcome.isSuccess) {
    return { type: "QueryUpdated", queryId, value: outcome.value, logLines, journal };
  }
  const { errorMessage, errorData } = outcome;
  return {
    type: "QueryFailed",
    queryId,
    errorMessage,
    ...(errorData === undefined ? {} : { errorData }),
    logLines,
    journal: null,
  };
}

/** How a mutation or an action ended, as fields of its response. */
export function describeResult(outcome: Outcome) {
  const { logLines } = outcome;
  if (outcome.isSuccess) return { success: true, result: outcome.value, logLines };
  const { errorMessage: result, errorData } = outcome;
  return { success: false, result, ...(errorData === undefined ? {} : { errorData }), logLines };
}
