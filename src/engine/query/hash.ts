import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalizeFilters } from "./filters";
import { AGGREGATIONS_VERSION, type FilterOptions } from "./vocabulary";

/** 32 hex digits. */
const HASH_BYTES = 16;
const BUCKETS = 10_000;

/**
 * The key results are stored under: the first 32 hex digits of the SHA-256 of the canonical
 * filters. Filters that mean the same have the same hash.
 *
 * @throws InvalidFiltersError like `canonicalizeFilters`.
 */
export function filterHash(filters: FilterOptions): string {
  const { timeframe, product, topics, channels } = canonicalizeFilters(filters);
  const json = JSON.stringify([AGGREGATIONS_VERSION, timeframe, product, topics, channels]);
  const bytes = sha256OfText(json).subarray(0, HASH_BYTES);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A user's place, 0 to 9,999, in the rollout of a flag: uniform over users, independent between
 * flags, and for one user always the same.
 */
export function rolloutBucket(flagKey: string, userId: string): number {
  const digest = sha256OfText(`${flagKey}:${userId}`);
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) % BUCKETS;
}

function sha256OfText(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}
