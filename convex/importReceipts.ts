import { v, type Infer } from "convex/values";
import type { MutationCtx } from "./_generated/server";
import { refusal } from "./errors";
import { userMutation, userQuery } from "./functions";
import { receiptValidator } from "./validators";

type Receipt = Infer<typeof receiptValidator>;

/** Receipts kept for one user; the oldest goes when another comes. */
const MAX_KEPT = 100;
const MAX_LISTED = 20;
const MAX_TEXT = 2_000;
const MAX_ENTRIES_IN_LIST = 50;

/**
 * Keeps what became of an import, as the client that ran it tells. One with the same `importId`
 * takes the place of the first, so repeating a call changes nothing. A receipt that does not add
 * up is refused: it would hide that entries were lost.
 */
export const save = userMutation({
  args: { receipt: receiptValidator },
  returns: v.null(),
  handler: async (ctx, { receipt }) => {
    requireSound(receipt);
    const { userId } = ctx;
    const earlier = await ctx.db
      .query("import_receipts")
      .withIndex("by_user_import_id", (q) =>
        q.eq("userId", userId).eq("importId", receipt.importId),
      )
      .unique();
    if (earlier !== null) {
      await ctx.db.replace("import_receipts", earlier._id, { userId, ...receipt });
      return null;
    }
    await ctx.db.insert("import_receipts", { userId, ...receipt });
    await dropOldest(ctx, userId);
    return null;
  },
});

/** The receipts of the user's last imports, newest first; at most 20. */
export const list = userQuery({
  args: {},
  returns: v.array(receiptValidator),
  handler: async (ctx) => {
    const rows = await ctx.db
      .query("import_receipts")
      .withIndex("by_user_finished_at", (q) => q.eq("userId", ctx.userId))
      .order("desc")
      .take(MAX_LISTED);
    return rows.map(({ _id, _creationTime, userId, ...receipt }) => receipt);
  },
});

async function dropOldest(ctx: Pick<MutationCtx, "db">, userId: string): Promise<void> {
  const rows = await ctx.db
    .query("import_receipts")
    .withIndex("by_user_finished_at", (q) => q.eq("userId", userId))
    .order("desc")
    .take(MAX_KEPT + 1);
  for (const { _id } of rows.slice(MAX_KEPT)) await ctx.db.delete("import_receipts", _id);
}

function requireSound(receipt: Receipt): void {
  const { entries, inserted, alreadyThere, undated, skipped, rejected, unsent } = receipt;
  const reasons = [...skipped, ...rejected].map(({ count }) => count);
  const parts = [inserted, alreadyThere, undated, unsent, ...reasons];
  const broken = [entries, ...parts].find((count) => !Number.isSafeInteger(count) || count < 0);
  if (broken !== undefined) throw unsound(`a count is ${broken}; whole numbers from 0 on`);
  const sum = parts.reduce((total, count) => total + count, 0);
  if (sum !== entries) throw unsound(`${entries} entries were read and ${sum} are accounted for`);
  const lists = [skipped, rejected, receipt.warnings, receipt.histories];
  const texts = textsIn(receipt);
  if (lists.some((list) => list.length > MAX_ENTRIES_IN_LIST)) {
    throw unsound(`a list has more than ${MAX_ENTRIES_IN_LIST} entries`);
  }
  if (texts.some((text) => text.length > MAX_TEXT)) {
    throw unsound(`a text has more than ${MAX_TEXT} characters`);
  }
}

function textsIn({ importId, fileName, message, warnings, ...lists }: Receipt): string[] {
  const reasons = [...lists.skipped, ...lists.rejected].map(({ reason }) => reason);
  const paths = lists.histories.map(({ path }) => path ?? "");
  return [importId, fileName, message ?? "", ...warnings, ...reasons, ...paths];
}

function unsound(problem: string) {
  return refusal("INVALID_RECORDS", `The receipt was not kept: ${problem}. No record was touched.`);
}
