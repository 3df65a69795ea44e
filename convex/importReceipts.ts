import { v, type Infer } from "convex/values";
import { RECEIPT_LIMITS } from "../src/importer/receipt";
import { wellFormed } from "../src/text";
import type { MutationCtx } from "./_generated/server";
import { refusal } from "./errors";
import { userMutation, userQuery } from "./functions";
import { receiptValidator } from "./validators";

type Receipt = Infer<typeof receiptValidator>;

/** Receipts kept for one user; the oldest goes when another comes. */
const MAX_KEPT = 100;
const MAX_LISTED = 20;

/**
 * Keeps what became of an import, as the client that ran it tells. One with the same `importId`
 * takes the place of the first, so repeating a call changes nothing. A receipt that does not add
 * up is refused: it would hide that entries were lost. So is one beyond `RECEIPT_LIMITS`: all receipts
 * of a user are read when one is added.
 *
 * @throws INVALID_RECORDS
 */
export const save = userMutation({
  args: { receipt: receiptValidator },
  returns: v.null(),
  handler: async (ctx, args) => {
    requireSound(args.receipt);
    const { userId } = ctx;
    const receipt = wellFormedReceipt(args.receipt);
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
  requireSmall(receipt);
}

function requireSmall(receipt: Receipt): void {
  const { maxListLength, maxTextLength, maxCharacters } = RECEIPT_LIMITS;
  const lists = [receipt.skipped, receipt.rejected, receipt.warnings, receipt.histories];
  if (lists.some(({ length }) => length > maxListLength)) {
    throw unsound(`a list has more than ${maxListLength} entries`);
  }
  const lengths = textsIn(receipt).map(({ length }) => length);
  if (lengths.some((length) => length > maxTextLength)) {
    throw unsound(`a text has more than ${maxTextLength} characters`);
  }
  const characters = lengths.reduce((total, length) => total + length, 0);
  if (characters > maxCharacters) {
    throw unsound(
      `its texts have ${characters} characters together; at most ${maxCharacters} are allowed`,
    );
  }
}

/** Its texts name files and records of the client. */
function wellFormedReceipt({ skipped, rejected, histories, ...receipt }: Receipt): Receipt {
  const wellFormedReason = (entry: Receipt["skipped"][number]) => {
    return { ...entry, reason: wellFormed(entry.reason) };
  };
  return {
    ...receipt,
    importId: wellFormed(receipt.importId),
    fileName: wellFormed(receipt.fileName),
    message: receipt.message === null ? null : wellFormed(receipt.message),
    warnings: receipt.warnings.map(wellFormed),
    histories: histories.map(({ format, path }) => {
      return { format, path: path === null ? null : wellFormed(path) };
    }),
    skipped: skipped.map(wellFormedReason),
    rejected: rejected.map(wellFormedReason),
  };
}

function textsIn({ importId, fileName, message, warnings, ...lists }: Receipt): string[] {
  const reasons = [...lists.skipped, ...lists.rejected].map(({ reason }) => reason);
  const paths = lists.histories.map(({ path }) => path ?? "");
  return [importId, fileName, message ?? "", ...warnings, ...reasons, ...paths];
}

function unsound(problem: string) {
  return refusal("INVALID_RECORDS", `The receipt was not kept: ${problem}. No record was touched.`);
}
