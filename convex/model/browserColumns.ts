import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { v, type Infer } from "convex/values";
import type { QueryCtx } from "../_generated/server";
import { readPartition, readPartitions, readDictionary, toArrayBuffer } from "./columns";
import { evaluateFor, PRECOMPUTED_FLAG } from "./flags";
import type { FlagRule } from "./flagRules";
import { readPointer, type Pointer } from "./pointer";
import { isServable } from "./validations";

/**
 * The columns of a history as a browser fetches them to compute for itself: first the list of what
 * there is, then the bytes of those months that it does not hold yet.
 */

/** A list reads all bytes of a history once; a longer history is left to its records. */
const MAX_LISTED_BYTES = 8 * 2 ** 20;
/** Convex lets a function return twice as much. */
const MAX_SENT_BYTES = 4 * 2 ** 20;
const REVISION_DIGITS = 32;

/** Rules by which a user is off because what is stored may be wrong, or has not been checked. */
const WITHDRAWN: ReadonlySet<FlagRule> = new Set(["killed", "user", "notValidated", "nonsense"]);

type Reader = Pick<QueryCtx, "db">;

const listValidator = v.object({
  epoch: v.number(),
  /** By UTC month ("2024-03"), then the undated records in buckets ("undated-a7"). */
  months: v.array(v.object({ month: v.string(), revision: v.string(), bytes: v.number() })),
  /** The parts of the dictionary in order. All months need all of them. */
  dictionary: v.array(v.object({ revision: v.string(), bytes: v.number() })),
});

const bytesValidator = v.object({
  epoch: v.number(),
  months: v.array(v.object({ month: v.string(), revision: v.string(), bytes: v.bytes() })),
  dictionary: v.array(v.object({ part: v.number(), revision: v.string(), bytes: v.bytes() })),
});

export const columnsValidator = v.union(v.null(), listValidator, bytesValidator);
export type ColumnsList = Infer<typeof listValidator>;
export type ColumnsBytes = Infer<typeof bytesValidator>;

/**
 * The pointer of a user whose columns a browser may compute from: they are built, the last run did
 * not fail, they were validated, and nobody took the user off what is stored. Otherwise null: the
 * browser then computes from the records, which are always right.
 */
export async function findTrustedPointer(ctx: Reader, userId: string): Promise<Pointer | null> {
  const pointer = await readPointer(ctx, userId);
  if (pointer.recomputedAt === null || pointer.lastError !== null) return null;
  const { value, rule } = await evaluateFor(ctx, PRECOMPUTED_FLAG, userId);
  if (value) return pointer;
  const isTrusted = !WITHDRAWN.has(rule) && (await isServable(ctx, userId));
  return isTrusted ? pointer : null;
}

/** Names the state of a user's columns: another one after each recompute. */
export function columnsVersion({ epoch, recomputedAt }: Pointer): string {
  return `${epoch}-${recomputedAt ?? 0}`;
}

/** Lists what a browser can fetch; null where one query cannot read all of it. */
export async function listColumns(
  ctx: Reader,
  { userId, epoch }: Pointer,
): Promise<ColumnsList | null> {
  const parts = await readDictionary(ctx, userId, epoch);
  const partitions = await readPartitions(ctx, { userId, epoch }, MAX_LISTED_BYTES);
  if (partitions === null) return null;
  const describe = (bytes: Uint8Array) => ({ revision: revisionOf(bytes), bytes: bytes.length });
  return {
    epoch,
    months: partitions.map(({ partition, bytes }) => ({ month: partition, ...describe(bytes) })),
    dictionary: parts.map(({ bytes }) => describe(new Uint8Array(bytes))),
  };
}

/**
 * The bytes of parts of the dictionary and of months, in the order asked for. What does not fit
 * into one answer is left out, to be asked for again; so is what there is not.
 */
export async function sendColumns(
  ctx: Reader,
  { userId, epoch }: Pointer,
  months: readonly string[],
  parts: readonly number[],
): Promise<ColumnsBytes> {
  const sent: ColumnsBytes = { epoch, months: [], dictionary: [] };
  let room = MAX_SENT_BYTES;
  const takes = (bytes: Uint8Array) => {
    const isFirst = room === MAX_SENT_BYTES;
    room -= bytes.length;
    return isFirst || room >= 0;
  };
  const dictionary = parts.length === 0 ? [] : await readDictionary(ctx, userId, epoch);
  for (const part of parts) {
    const document = dictionary[part];
    if (document === undefined) continue;
    const bytes = new Uint8Array(document.bytes);
    if (!takes(bytes)) return sent;
    sent.dictionary.push({ part, revision: revisionOf(bytes), bytes: document.bytes });
  }
  for (const month of months) {
    const bytes = await readPartition(ctx, { userId, epoch }, month);
    if (bytes === null) continue;
    if (!takes(bytes)) return sent;
    sent.months.push({ month, revision: revisionOf(bytes), bytes: toArrayBuffer(bytes) });
  }
  return sent;
}

/** Of the bytes themselves, so that whoever changed them, another revision tells. */
function revisionOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes)).slice(0, REVISION_DIGITS);
}
