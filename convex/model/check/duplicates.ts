import type { Doc } from "../../_generated/dataModel";
import type { MutationCtx } from "../../_generated/server";

/** Records looked at in one transaction, of long ones fewer; of doubled ones each is read again. */
const PAGE_RECORDS = 1_000;
const MAX_PAGE_BYTES = 2 ** 20;
/** Copies of one record that are looked at. */
const MAX_COPIES = 50;

type WatchRecord = Doc<"watch_records">;

/**
 * Deletes records that say the same as an older one of the same key, among the next page of a
 * user's records.
 *
 * @param after the key before the page; null for the first.
 * @returns how many, and the key before the next page; null at the end.
 */
export async function deleteDuplicates(
  { db }: Pick<MutationCtx, "db">,
  userId: string,
  after: string | null,
): Promise<{ deleted: number; after: string | null }> {
  const { page, isDone } = await db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) =>
      after === null ? q.eq("userId", userId) : q.eq("userId", userId).gt("recordKey", after),
    )
    .paginate({ cursor: null, numItems: PAGE_RECORDS, maximumBytesRead: MAX_PAGE_BYTES });
  const last = page.at(-1);
  // The end of the page may be in the middle of copies.
  const suspects = page.filter((record, index) => {
    return record === last || record.recordKey === page[index - 1]?.recordKey;
  });
  const keys = [...new Set(suspects.map(({ recordKey }) => recordKey))];
  const copies = await Promise.all(
    keys.map((recordKey) =>
      db
        .query("watch_records")
        .withIndex("by_user_record_key", (q) => q.eq("userId", userId).eq("recordKey", recordKey))
        .take(MAX_COPIES),
    ),
  );
  const surplus = copies.flatMap(surplusOf);
  for (const { _id } of surplus) await db.delete("watch_records", _id);
  return { deleted: surplus.length, after: isDone ? null : (last?.recordKey ?? null) };
}

/** Those that an older one makes superfluous. */
function surplusOf(copies: readonly WatchRecord[]): WatchRecord[] {
  const seen = new Set<string>();
  return copies.filter((copy) => {
    const text = textOf(copy);
    const isSurplus = seen.has(text);
    seen.add(text);
    return isSurplus;
  });
}

/** All that a record says, whatever the order of its fields. */
function textOf({ _id, _creationTime, ...fields }: WatchRecord): string {
  return JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
