import type { Product, WatchRecord } from "../../src/engine";
import { cutText, normalizeText } from "../../src/text";
import { MAX_STAMP, recordKeyOf } from "../../src/takeout/recordKey";
import { deriveTopics } from "../../src/takeout/topics";
import type { Doc } from "../_generated/dataModel";
import type { IncomingRecord } from "../validators";
import { DAY_MS } from "./partitions";

/** What of a stored record clients send; `userId` and `recordKey` are ours. */
export type RecordFields = Omit<
  Doc<"watch_records">,
  "_id" | "_creationTime" | "userId" | "recordKey"
>;

/** Bounds of a stored record, from the contract of the aggregations. */
const EARLIEST_WATCH = Date.UTC(2005, 0, 1);
const MAX_AHEAD_MS = DAY_MS;
const MAX_LENGTH = {
  videoId: 100,
  videoTitle: 2_000,
  videoUrl: 2_000,
  channelTitle: 200,
  channelUrl: 2_000,
} as const;
const MAX_TOPICS = 20;
const MAX_TOPIC_LENGTH = 100;

type TextField = keyof typeof MAX_LENGTH;

/** A refusal of one record; the message names the field, its value and the bound. */
export class RecordRefusal extends Error {
  override name = "RecordRefusal";
}

/**
 * A client's record as it is stored: strings well-formed, NFC and trimmed, empty ones null; topics
 * sorted and unique, or derived from title and channel where absent.
 *
 * @param now epoch milliseconds: records more than a day ahead of it are refused.
 * @throws RecordRefusal for what the contract does not allow.
 */
export function normalizeRecord(incoming: IncomingRecord, now: number): RecordFields {
  const videoTitle = textOf(incoming, "videoTitle");
  const channelTitle = textOf(incoming, "channelTitle");
  const topics = normalizeTopics(incoming.topics ?? []);
  return {
    watchedAt: checkWatchedAt(incoming.watchedAt, now),
    videoId: textOf(incoming, "videoId"),
    videoTitle,
    videoUrl: textOf(incoming, "videoUrl"),
    channelTitle,
    channelUrl: textOf(incoming, "channelUrl"),
    product: checkProduct(incoming.product),
    topics: topics.length > 0 ? topics : deriveTopics({ videoTitle, channelTitle }),
    durationSeconds: checkDuration(incoming.durationSeconds ?? null),
  };
}

export interface RejectedRecord {
  index: number;
  reason: string;
}

export interface NormalizedBatch {
  /** By record key, in the order of the batch; of several with one key, the first. */
  byKey: Map<string, RecordFields>;
  /** By index, ascending. */
  rejected: RejectedRecord[];
}

/** Normalizes the records of a batch; those that the contract does not allow are rejected. */
export function normalizeBatch(records: readonly IncomingRecord[], now: number): NormalizedBatch {
  const byKey = new Map<string, RecordFields>();
  const rejected: RejectedRecord[] = [];
  for (const [index, incoming] of records.entries()) {
    try {
      const fields = normalizeRecord(incoming, now);
      const recordKey = keyOf(fields, incoming);
      if (!byKey.has(recordKey)) byKey.set(recordKey, fields);
    } catch (error) {
      if (!(error instanceof RecordRefusal)) throw error;
      rejected.push({ index, reason: error.message });
    }
  }
  return { byKey, rejected };
}

/**
 * The key of a record as it is stored.
 *
 * @throws RecordRefusal where the stamp is too long.
 */
export function keyOf(fields: RecordFields, { undatedStamp }: IncomingRecord): string {
  const length = undatedStamp?.length ?? 0;
  if (length <= MAX_STAMP) return recordKeyOf({ ...fields, undatedStamp });
  throw new RecordRefusal(
    `undatedStamp has ${length} characters; at most ${MAX_STAMP} are allowed`,
  );
}

/** What the engine reads of a stored record. */
export function toEngineRecord(record: Doc<"watch_records">): WatchRecord {
  const { watchedAt, channelTitle, channelUrl, product, topics, durationSeconds } = record;
  return { watchedAt, channelTitle, channelUrl, product, topics, durationSeconds };
}

function checkWatchedAt(watchedAt: number | null, now: number): number | null {
  if (watchedAt === null) return null;
  if (!Number.isInteger(watchedAt)) {
    throw new RecordRefusal(
      `watchedAt is ${watchedAt}; it must be whole epoch milliseconds, or null where unknown`,
    );
  }
  if (watchedAt < EARLIEST_WATCH || watchedAt > now + MAX_AHEAD_MS) {
    throw new RecordRefusal(
      `watchedAt is ${watchedAt} (${describeInstant(watchedAt)}); ` +
        "it must lie between 2005-01-01 and one day from now, or be null where unknown",
    );
  }
  return watchedAt;
}

function describeInstant(instant: number): string {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? "beyond any calendar" : date.toISOString();
}

function textOf(incoming: IncomingRecord, field: TextField): string | null {
  const raw = incoming[field];
  if (raw === null) return null;
  const text = normalizeText(raw);
  const maxLength = MAX_LENGTH[field];
  if (text.length > maxLength) {
    throw new RecordRefusal(
      `${field} has ${text.length} characters; at most ${maxLength} are allowed`,
    );
  }
  return text === "" ? null : text;
}

function normalizeTopics(raw: readonly string[]): string[] {
  const topics = [...new Set(raw.map(normalizeText))].filter((topic) => topic !== "").sort();
  if (topics.length > MAX_TOPICS) {
    throw new RecordRefusal(
      `topics has ${topics.length} entries; at most ${MAX_TOPICS} are allowed`,
    );
  }
  const tooLong = topics.find((topic) => topic.length > MAX_TOPIC_LENGTH);
  if (tooLong !== undefined) {
    throw new RecordRefusal(
      `a topic has ${tooLong.length} characters; at most ${MAX_TOPIC_LENGTH} are allowed`,
    );
  }
  return topics;
}

function checkProduct(product: string): Product {
  if (product === "YouTube" || product === "YouTube Music") return product;
  throw new RecordRefusal(
    `product is "${cutText(product, 50)}"; it must be "YouTube" or "YouTube Music"`,
  );
}

function checkDuration(seconds: number | null): number | null {
  if (seconds === null) return null;
  if (Number.isSafeInteger(seconds) && seconds >= 0) return seconds;
  throw new RecordRefusal(
    `durationSeconds is ${seconds}; it must be a whole number from 0 on, or null where unknown`,
  );
}
