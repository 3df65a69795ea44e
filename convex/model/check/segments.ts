import {
  CorruptColumnsError,
  decodeHistory,
  EMPTY_FINGERPRINT,
  fingerprintSegment,
  HistoryDictionary,
  sameFingerprint,
  type Fingerprint,
  type HistoryColumns,
} from "../../../src/engine";
import { internal } from "../../_generated/api";
import type { ActionCtx } from "../../_generated/server";
import type { Facts } from "./facts";
import type { Agreement, Difference } from "./report";

/** The second layer: whether the segments hold what the records come to. */
export interface CheckedSegments {
  agreement: Agreement;
  differences: Difference[];
  /** What the results should have been computed from; null where it cannot be read. */
  history: () => HistoryColumns | null;
}

interface StoredSegment {
  partition: string;
  bytes: Uint8Array;
  noted: Fingerprint | null;
}

export async function checkSegments(
  ctx: ActionCtx,
  userId: string,
  epoch: number,
  { fingerprints }: Facts,
): Promise<CheckedSegments> {
  const segments = await loadSegments(ctx, userId, epoch);
  const dictionary = await loadDictionary(ctx, userId, epoch);
  const stored = new Map(segments.map((segment) => [segment.partition, segment]));
  const partitions = [...new Set([...fingerprints.keys(), ...stored.keys()])].sort();
  const differences = partitions.flatMap((partition) => {
    const segment = stored.get(partition);
    return compare(partition, segment ?? null, dictionary, fingerprints.get(partition));
  });
  const isEmpty = segments.length === 0 && partitions.length > 0;
  return {
    agreement: isEmpty ? "absent" : agreementOf(differences),
    differences,
    history: () => readHistory(segments, dictionary),
  };
}

function agreementOf(differences: readonly Difference[]): Agreement {
  if (differences.some(({ fault }) => fault === "unreadable-segment")) return "unreadable";
  return differences.length === 0 ? "equal" : "different";
}

function compare(
  partition: string,
  segment: StoredSegment | null,
  dictionary: HistoryDictionary | CorruptColumnsError,
  expected: Fingerprint,
): Difference[] {
  if (segment === null) return [segmentDiffers(partition, EMPTY_FINGERPRINT, expected)];
  try {
    if (dictionary instanceof CorruptColumnsError) throw dictionary;
    const { total } = fingerprintSegment(segment.bytes, dictionary);
    if (!sameFingerprint(total, expected)) return [segmentDiffers(partition, total, expected)];
    const isNoted = segment.noted === null || sameFingerprint(segment.noted, expected);
    return isNoted ? [] : [segmentDiffers(`${partition} (noted)`, segment.noted!, expected)];
  } catch (error) {
    if (!(error instanceof CorruptColumnsError)) throw error;
    const { message } = error;
    return [segmentFault("unreadable-segment", partition, message, describe(expected))];
  }
}

function segmentDiffers(path: string, stored: Fingerprint, expected: Fingerprint): Difference {
  return segmentFault("segment-differs", path, describe(stored), describe(expected));
}

function segmentFault(
  fault: Difference["fault"],
  path: string,
  stored: string,
  expected: string,
): Difference {
  const ofNoResult = { aggregationType: null, filterHash: null, filters: null };
  return { fault, ...ofNoResult, path, stored, expected };
}

function describe({ count, timeSum, hash }: Fingerprint): string {
  return `${count} records, times ${timeSum}, hash ${hash}`;
}

function readHistory(
  segments: readonly StoredSegment[],
  dictionary: HistoryDictionary | CorruptColumnsError,
): HistoryColumns | null {
  if (dictionary instanceof CorruptColumnsError) return null;
  try {
    return decodeHistory(
      dictionary,
      segments.map(({ bytes }) => bytes),
    );
  } catch (error) {
    if (error instanceof CorruptColumnsError) return null;
    throw error;
  }
}

/** The stored bytes of each partition, in order. */
async function loadSegments(ctx: ActionCtx, userId: string, epoch: number) {
  const segments: StoredSegment[] = [];
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const result: {
      page: { partition: string; bytes: ArrayBuffer; fingerprint: Fingerprint | null }[];
      isDone: boolean;
      continueCursor: string;
    } = await ctx.runQuery(internal.check.segments, { userId, epoch, cursor });
    for (const { partition, bytes, fingerprint } of result.page) {
      const last = segments.at(-1);
      const part = new Uint8Array(bytes);
      if (last?.partition === partition) last.bytes = concat(last.bytes, part);
      else segments.push({ partition, bytes: part, noted: fingerprint });
    }
    ({ isDone, continueCursor: cursor } = result);
  }
  return segments;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

async function loadDictionary(
  ctx: ActionCtx,
  userId: string,
  epoch: number,
): Promise<HistoryDictionary | CorruptColumnsError> {
  const parts: ArrayBuffer[] = await ctx.runQuery(internal.check.dictionary, {
    userId,
    epoch,
  });
  try {
    return HistoryDictionary.decode(parts.map((bytes) => new Uint8Array(bytes)));
  } catch (error) {
    if (error instanceof CorruptColumnsError) return error;
    throw error;
  }
}
