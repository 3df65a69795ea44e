import {
  decodeHistory,
  fingerprintSegment,
  HistoryDictionary,
  keepsWatches,
  segmentRecordCount,
  spliceSegment,
  type HistoryColumns,
  type WatchRecord,
} from "../../src/engine";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { hasHeadroom, type MeteredCtx } from "./headroom";
import { FIRST_UNDATED, type TimeRange } from "./partitions";

/** Bytes of one part of a segment: well below Convex's 1 MiB a document. */
const MAX_PART_BYTES = 800_000;
/** Segment documents of one user: 40 years of months and all undated buckets, with room. */
const MAX_SEGMENT_DOCUMENTS = 4_000;
const MAX_DICTIONARY_DOCUMENTS = 1_000;

interface StoredSegment {
  documents: Doc<"watch_segments">[];
  bytes: Uint8Array | null;
  isChanged: boolean;
}

/** Which of a user's segments to read. */
export interface HistoryPart {
  /** The first month; null for all of them and the undated records. */
  from: string | null;
  /** Channel attributes of the whole history, where only its end is read. */
  attributes: Uint8Array | null;
  maxBytes: number;
}

/** How much more is stored than before. */
export interface Growth {
  recordCount: number;
  bytes: number;
}

export interface LoadedHistory {
  history: HistoryColumns;
  /** Of what was read. */
  recordCount: number;
  bytes: number;
}

const WHOLE: HistoryPart = { from: null, attributes: null, maxBytes: Infinity };

/**
 * One user's segments and dictionary within one transaction: loaded when first needed, changed in
 * memory, written by `save` as far as they changed.
 */
export class UserColumns {
  private dictionary: HistoryDictionary | null = null;
  private dictionaryIds: Id<"watch_dictionaries">[] = [];
  private dictionarySizes: number[] = [];
  private readonly segments = new Map<string, StoredSegment>();
  /** A watch of a channel went, or is another now: see `keepsWatches`. */
  hasLostWatches = false;

  constructor(
    private readonly ctx: Pick<MutationCtx, "db">,
    private readonly userId: string,
    private readonly epoch: number,
  ) {}

  /**
   * Replaces the rows of a partition inside `range` (all of it where null) by `records`.
   * Doing so twice leaves the same bytes.
   */
  async splice(
    partition: string,
    range: TimeRange | null,
    records: readonly WatchRecord[],
  ): Promise<void> {
    const dictionary = await this.loadDictionary();
    const segment = await this.loadSegment(partition);
    const bytes = spliceSegment(segment.bytes, range, records, dictionary);
    if (sameBytes(bytes, segment.bytes)) return;
    this.hasLostWatches ||= !keepsWatches(segment.bytes, bytes, dictionary);
    segment.isChanged = true;
    segment.bytes = bytes;
  }

  /** Writes what changed. */
  async save(): Promise<Growth> {
    const growth = { recordCount: 0, bytes: -this.dictionaryBytes };
    for (const [partition, segment] of this.segments) {
      if (!segment.isChanged) continue;
      const { documents, bytes } = segment;
      growth.recordCount += bytes === null ? 0 : segmentRecordCount(bytes);
      growth.bytes += bytes?.length ?? 0;
      for (const document of documents) {
        growth.recordCount -= document.recordCount;
        growth.bytes -= document.bytes.byteLength;
      }
      await this.saveSegment(partition, segment);
    }
    // Segments hold the documents as they were: what follows reads them again.
    this.segments.clear();
    if (this.dictionary !== null) await this.saveDictionary(this.dictionary);
    growth.bytes += this.dictionaryBytes;
    return growth;
  }

  /** The history, or its end. Call after `save`: it reads what is stored. */
  async loadHistory(part: HistoryPart = WHOLE): Promise<LoadedHistory> {
    const dictionary = await this.loadDictionary();
    const owner = { userId: this.userId, epoch: this.epoch };
    const { documents, bytes } = await readSegments(this.ctx, owner, part);
    const decoded = decodeSegments(dictionary, documents, part.attributes);
    return { ...decoded, bytes: bytes + this.dictionaryBytes };
  }

  private get dictionaryBytes(): number {
    return this.dictionarySizes.reduce((sum, size) => sum + size, 0);
  }

  private async loadDictionary(): Promise<HistoryDictionary> {
    if (this.dictionary !== null) return this.dictionary;
    const documents = await readDictionary(this.ctx, this.userId, this.epoch);
    this.dictionaryIds = documents.map((document) => document._id);
    this.dictionarySizes = documents.map(({ bytes }) => bytes.byteLength);
    return (this.dictionary = decodeDictionary(documents));
  }

  private async loadSegment(partition: string): Promise<StoredSegment> {
    const loaded = this.segments.get(partition);
    if (loaded !== undefined) return loaded;
    const owner = { userId: this.userId, epoch: this.epoch };
    const documents = await readParts(this.ctx, owner, partition);
    const bytes = documents.length === 0 ? null : joinParts(documents);
    const segment = { documents, bytes, isChanged: false };
    this.segments.set(partition, segment);
    return segment;
  }

  private async saveSegment(partition: string, segment: StoredSegment): Promise<void> {
    const { bytes, documents } = segment;
    const dictionary = await this.loadDictionary();
    const parts = bytes === null ? [] : cutIntoParts(bytes);
    for (const [part, partBytes] of parts.entries()) {
      const isFirst = part === 0 && bytes !== null;
      const document = {
        userId: this.userId,
        epoch: this.epoch,
        partition,
        part,
        recordCount: isFirst ? segmentRecordCount(bytes) : 0,
        ...(isFirst ? { fingerprint: fingerprintSegment(bytes, dictionary).total } : {}),
        bytes: toArrayBuffer(partBytes),
      };
      const existing = documents[part];
      if (existing === undefined) await this.ctx.db.insert("watch_segments", document);
      else await this.ctx.db.replace("watch_segments", existing._id, document);
    }
    for (const surplus of documents.slice(parts.length)) {
      await this.ctx.db.delete("watch_segments", surplus._id);
    }
  }

  private async saveDictionary(dictionary: HistoryDictionary): Promise<void> {
    for (const { part, bytes } of dictionary.changedParts()) {
      this.dictionarySizes[part] = bytes.length;
      const document = {
        userId: this.userId,
        epoch: this.epoch,
        part,
        bytes: toArrayBuffer(bytes),
      };
      const existingId = this.dictionaryIds[part];
      if (existingId === undefined) {
        this.dictionaryIds[part] = await this.ctx.db.insert("watch_dictionaries", document);
      } else {
        await this.ctx.db.replace("watch_dictionaries", existingId, document);
      }
    }
  }
}

/**
 * Deletes segments and dictionaries of epochs before or after one, as many as a transaction bears.
 *
 * @returns whether some may be left.
 */
export async function dropEpochs(
  ctx: Pick<MutationCtx, "db"> & MeteredCtx,
  userId: string,
  range: { before: number } | { after: number },
): Promise<boolean> {
  const segments = ctx.db.query("watch_segments").withIndex("by_user_epoch_partition_part", (q) => {
    const ofUser = q.eq("userId", userId);
    return "before" in range ? ofUser.lt("epoch", range.before) : ofUser.gt("epoch", range.after);
  });
  for await (const { _id } of segments) {
    if (!(await hasHeadroom(ctx))) return true;
    await ctx.db.delete("watch_segments", _id);
  }
  const dictionaries = ctx.db.query("watch_dictionaries").withIndex("by_user_epoch_part", (q) => {
    const ofUser = q.eq("userId", userId);
    return "before" in range ? ofUser.lt("epoch", range.before) : ofUser.gt("epoch", range.after);
  });
  for await (const { _id } of dictionaries) {
    if (!(await hasHeadroom(ctx))) return true;
    await ctx.db.delete("watch_dictionaries", _id);
  }
  return false;
}

/**
 * A user's history, or its end.
 *
 * @returns null where what is to be read comes to more than `maxBytes`.
 * @throws CorruptColumnsError
 */
export async function readHistory(
  ctx: Pick<QueryCtx, "db">,
  owner: { userId: string; epoch: number },
  part: HistoryPart,
): Promise<LoadedHistory | null> {
  const parts = await readDictionary(ctx, owner.userId, owner.epoch);
  const { documents, bytes } = await readSegments(ctx, owner, part);
  const total = parts.reduce((sum, one) => sum + one.bytes.byteLength, bytes);
  if (total > part.maxBytes) return null;
  return { ...decodeSegments(decodeDictionary(parts), documents, part.attributes), bytes: total };
}

/** Stops behind `maxBytes`. */
async function readSegments(
  { db }: Pick<QueryCtx, "db">,
  { userId, epoch }: { userId: string; epoch: number },
  { from, maxBytes }: HistoryPart,
) {
  const segments = db.query("watch_segments").withIndex("by_user_epoch_partition_part", (q) => {
    const all = q.eq("userId", userId).eq("epoch", epoch);
    return from === null ? all : all.gte("partition", from).lt("partition", FIRST_UNDATED);
  });
  const documents: Doc<"watch_segments">[] = [];
  let bytes = 0;
  for await (const document of segments) {
    documents.push(document);
    bytes += document.bytes.byteLength;
    if (bytes > maxBytes || documents.length === MAX_SEGMENT_DOCUMENTS) break;
  }
  return { documents, bytes };
}

/**
 * The bytes of each partition, months first.
 *
 * @returns null where they come to more than `maxBytes`.
 */
export async function readPartitions(
  ctx: Pick<QueryCtx, "db">,
  owner: { userId: string; epoch: number },
  maxBytes: number,
): Promise<{ partition: string; bytes: Uint8Array }[] | null> {
  const { documents, bytes } = await readSegments(ctx, owner, { ...WHOLE, maxBytes });
  if (bytes > maxBytes) return null;
  return [...groupByPartition(documents)].map(([partition, parts]) => {
    return { partition, bytes: joinParts(parts) };
  });
}

/** The bytes of one partition; null where there is none. */
export async function readPartition(
  ctx: Pick<QueryCtx, "db">,
  owner: { userId: string; epoch: number },
  partition: string,
): Promise<Uint8Array | null> {
  const documents = await readParts(ctx, owner, partition);
  return documents.length === 0 ? null : joinParts(documents);
}

async function readParts(
  { db }: Pick<QueryCtx, "db">,
  { userId, epoch }: { userId: string; epoch: number },
  partition: string,
): Promise<Doc<"watch_segments">[]> {
  return await db
    .query("watch_segments")
    .withIndex("by_user_epoch_partition_part", (q) =>
      q.eq("userId", userId).eq("epoch", epoch).eq("partition", partition),
    )
    .take(MAX_SEGMENT_DOCUMENTS);
}

function decodeSegments(
  dictionary: HistoryDictionary,
  documents: Doc<"watch_segments">[],
  attributes: Uint8Array | null,
) {
  const segments = [...groupByPartition(documents).values()].map(joinParts);
  const recordCount = segments.reduce((sum, segment) => sum + segmentRecordCount(segment), 0);
  return { history: decodeHistory(dictionary, segments, attributes), recordCount };
}

/** Titles of all channels in a user's dictionary. */
export async function listChannels(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
  epoch: number,
): Promise<readonly string[]> {
  const dictionary = decodeDictionary(await readDictionary(ctx, userId, epoch));
  return dictionary.titles.slice(1); // the first stands for null
}

export async function readDictionary(
  { db }: Pick<QueryCtx, "db">,
  userId: string,
  epoch: number,
): Promise<Doc<"watch_dictionaries">[]> {
  return await db
    .query("watch_dictionaries")
    .withIndex("by_user_epoch_part", (q) => q.eq("userId", userId).eq("epoch", epoch))
    .take(MAX_DICTIONARY_DOCUMENTS);
}

function decodeDictionary(documents: readonly Doc<"watch_dictionaries">[]): HistoryDictionary {
  return HistoryDictionary.decode(documents.map(({ bytes }) => new Uint8Array(bytes)));
}

function groupByPartition(documents: Doc<"watch_segments">[]) {
  const groups = new Map<string, Doc<"watch_segments">[]>();
  for (const document of documents) {
    const group = groups.get(document.partition);
    if (group === undefined) groups.set(document.partition, [document]);
    else group.push(document);
  }
  return groups;
}

/** Bytes in parts below Convex's document limit; one part, perhaps empty, at least. */
export function cutIntoParts(bytes: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / MAX_PART_BYTES));
  return Array.from({ length: count }, (_, part) =>
    bytes.subarray(part * MAX_PART_BYTES, (part + 1) * MAX_PART_BYTES),
  );
}

/** What was cut into parts, of the documents that hold them in order. */
export function joinParts(documents: readonly { bytes: ArrayBuffer }[]): Uint8Array {
  const first = documents[0];
  if (documents.length === 1 && first !== undefined) return new Uint8Array(first.bytes);
  const length = documents.reduce((sum, document) => sum + document.bytes.byteLength, 0);
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const document of documents) {
    joined.set(new Uint8Array(document.bytes), offset);
    offset += document.bytes.byteLength;
  }
  return joined;
}

/** Convex stores `ArrayBuffer`s: the exact bytes, not the larger buffer behind a view. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
