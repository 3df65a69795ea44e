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
  const { entries, inserted, alreadyThere, repeated, undated, skipped, rejected, unsent } = receipt;
  const reasons = [...skipped, ...rejected].map(({ count }) => count);
  const parts = [inserted, alreadyThere, repeated, undated, unsent, ...reasons];
  const { withoutTime } = receipt;
  const broken = [entries, withoutTime, ...parts].find(
    (count) => !Number.isSafeInteger(count) || count < 0,
  );
  if (broken !== undefined) throw unsound(`a count is ${broken}; whole numbers from 0 on`);
  const sum = parts.reduce((total, count) => total + count, 0);
  if (sum !== entries) throw unsound(`${entries} entries were read and ${sum} are accounted for`);
  if (withoutTime > entries)
    throw unsound(`${withoutTime} of ${entries} entries are without a time`);
  if (receipt.importId === "") throw unsound("importId is empty");
  requireOrder("startedAt", receipt.startedAt, "finishedAt", receipt.finishedAt);
  const { firstWatchedAt, lastWatchedAt } = receipt;
  if ((firstWatchedAt === null) !== (lastWatchedAt === null)) {
    throw unsound("of firstWatchedAt and lastWatchedAt, one is null");
  }
  requireOrder("firstWatchedAt", firstWatchedAt ?? 0, "lastWatchedAt", lastWatchedAt ?? 0);
  requireSmall(receipt);
}

function requireOrder(firstName: string, first: number, lastName: string, last: number): void {
  for (const [name, time] of [
    [firstName, first],
    [lastName, last],
  ] as const) {
    if (!Number.isFinite(time)) throw unsound(`${name} is ${time}; epoch milliseconds are needed`);
  }
  if (first > last) throw unsound(`${firstName} ${first} is after ${lastName} ${last}`);
}

function requireSmall(receipt: Receipt): void {
  const { maxListLength, maxTextLength, maxCharacters } = RECEIPT_LIMITS;
  for (const name of ["skipped", "rejected", "warnings", "histories"] as const) {
    const { length } = receipt[name];
    if (length > maxListLength) {
      throw unsound(`${name} has ${length} entries; at most ${maxListLength} are allowed`);
    }
  }
  const texts = textsIn(receipt);
  const long = texts.find(([, { length }]) => length > maxTextLength);
  if (long !== undefined) {
    const [name, { length }] = long;
    throw unsound(`${name} has ${length} characters; at most ${maxTextLength} are allowed`);
  }
  const characters = texts.reduce((total, [, { length }]) => total + length, 0);
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

/** Each with the name of its field. */
function textsIn(receipt: Receipt): [name: string, text: string][] {
  const { importId, fileName, message, warnings, skipped, rejected, histories } = receipt;
  return [
    ["importId", importId],
    ["fileName", fileName],
    ["message", message ?? ""],
    ...warnings.map((text): [string, string] => ["an entry of warnings", text]),
    ...skipped.map(({ reason }): [string, string] => ["a reason in skipped", reason]),
    ...rejected.map(({ reason }): [string, string] => ["a reason in rejected", reason]),
    ...histories.map(({ path }): [string, string] => ["a path in histories", path ?? ""]),
  ];
}

function unsound(problem: string) {
  return refusal("INVALID_RECORDS", `The receipt was not kept: ${problem}. No record was touched.`);
}
