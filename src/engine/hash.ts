import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalizeFilters } from "./filters";
import { AGGREGATIONS_VERSION, type FilterOptions } from "./vocabulary";

const HASH_DIGITS = 32;
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
  return bytesToHex(sha256(utf8ToBytes(json))).slice(0, HASH_DIGITS);
}

/**
 * A user's place, 0 to 9,999, in the rollout of a flag: uniform over users, independent between
 * flags, and for one user always the same.
 */
export function rolloutBucket(flagKey: string, userId: string): number {
  const digest = sha256(utf8ToBytes(`${flagKey}:${userId}`));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) % BUCKETS;
}
