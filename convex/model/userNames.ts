import { env, type QueryCtx } from "../_generated/server";
import { cutText } from "../../src/text";
import { refusal } from "../errors";
import { isUser } from "./users";

/**
 * How operators name users: by the full id, or by the subject alone where only one user has it.
 */

type Reader = Pick<QueryCtx, "db">;

/** Identity providers looked through for a subject; an app has one or two. */
const MAX_ISSUERS = 20;
const SEPARATOR = "|";
/** Follows the separator in the order of index keys. */
const AFTER_SEPARATOR = "}";

/**
 * The id of the user an operator names. Of somebody who has not signed in yet only the full id will
 * do: a subject that nobody has may be a typing mistake.
 *
 * @throws NOT_FOUND where nobody has the name, and it is no full id.
 * @throws INVALID_SETTING where several users have this subject.
 */
export async function resolveUser(ctx: Reader, name: string): Promise<string> {
  return await resolveAmong(ctx, name, await listIssuers(ctx));
}

/**
 * The id of a user who may be new: a subject that nobody has is then of the one provider there is,
 * and a full id may be of any.
 *
 * @throws NOT_FOUND where there are several providers, or none is known.
 * @throws INVALID_SETTING where several users have this subject.
 */
export async function resolveNewUser(ctx: Reader, name: string): Promise<string> {
  const issuers = await listIssuers(ctx);
  const found = await findUserId(ctx, name, issuers);
  if (found !== null) return found;
  if (isFullId(name, [])) return name;
  const [issuer, ...others] = issuers.length > 0 ? issuers : configuredIssuers();
  const isClear = issuer !== undefined && others.length === 0;
  return isClear ? joinId(issuer, name) : await resolveAmong(ctx, name, issuers);
}

/** The ids of several users, each once: see `resolveUser`. */
export async function resolveUsers(ctx: Reader, names: readonly string[]): Promise<string[]> {
  const issuers = await listIssuers(ctx);
  const userIds = await Promise.all(names.map((name) => resolveAmong(ctx, name, issuers)));
  return [...new Set(userIds)];
}

async function resolveAmong(
  ctx: Reader,
  name: string,
  issuers: readonly string[],
): Promise<string> {
  const found = await findUserId(ctx, name, issuers);
  if (found !== null) return found;
  const known = [...new Set([...issuers, ...configuredIssuers()])];
  if (isFullId(name, known)) return name;
  const shown = known.map((issuer) => `"${issuer}|…"`).join(", ");
  throw refusal(
    "NOT_FOUND",
    `Nothing was changed: no user has the id or the subject "${cutText(name, 100)}". ` +
      "To name somebody who has not signed in yet, give the full id, issuer and subject: " +
      `${shown === "" ? '"https://issuer.example|…"' : shown}.`,
  );
}

/**
 * The ids of the users an operator names. A name that nobody has stays as it is, for the caller to
 * report.
 *
 * @throws INVALID_SETTING where several users have one of the subjects.
 */
export async function resolveKnownUsers(ctx: Reader, names: readonly string[]): Promise<string[]> {
  const issuers = await listIssuers(ctx);
  const userIds = await Promise.all(
    names.map(async (name) => (await findUserId(ctx, name, issuers)) ?? name),
  );
  return [...new Set(userIds)];
}

/** The user who has a name as id, or else as subject. */
async function findUserId(
  ctx: Reader,
  name: string,
  issuers: readonly string[],
): Promise<string | null> {
  if (await isUser(ctx, name)) return name;
  // The first records of a user may not be listed yet.
  const candidates = [...new Set([...issuers, ...configuredIssuers()])].map((issuer) =>
    joinId(issuer, name),
  );
  const areUsers = await Promise.all(candidates.map((userId) => isUser(ctx, userId)));
  const [userId = null, ...others] = candidates.filter((_, index) => areUsers[index]);
  if (others.length === 0) return userId;
  throw refusal(
    "INVALID_SETTING",
    `Nothing was changed: several users have the subject "${cutText(name, 100)}". ` +
      `Name one by the full id: ${[userId, ...others].join(", ")}.`,
  );
}

/**
 * Whether a name that no user has yet is issuer and subject. An issuer that is a known one but for
 * the slash at its end, its scheme or its case is a mistake: it would be of another user. Ids that an
 * app chooses itself have no form to check.
 */
function isFullId(name: string, issuers: readonly string[]): boolean {
  const end = name.indexOf(SEPARATOR);
  if (end === -1) return issuers.includes("");
  const issuer = name.slice(0, end);
  if (issuers.includes(issuer)) return true;
  return URL.canParse(issuer) && !issuers.map(hostOf).includes(hostOf(issuer));
}

function hostOf(issuer: string): string {
  return issuer
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "");
}

/**
 * The issuers of all users' ids: one index read for each, however many users there are. An id
 * without an issuer (an app may choose its own) counts as the issuer "".
 */
async function listIssuers(ctx: Reader): Promise<string[]> {
  const issuers = new Set<string>();
  for (let after = ""; issuers.size < MAX_ISSUERS;) {
    const state = await ctx.db
      .query("aggregation_state")
      .withIndex("by_user", (q) => q.gt("userId", after))
      .first();
    if (state === null) break;
    const end = state.userId.indexOf(SEPARATOR);
    if (end === -1) return [""];
    const issuer = state.userId.slice(0, end);
    issuers.add(issuer);
    after = issuer + AFTER_SEPARATOR;
  }
  return [...issuers];
}

/** The provider of convex/auth.config.ts that the environment names. */
function configuredIssuers(): string[] {
  const issuer = env.AUTH_ISSUER ?? "";
  return issuer === "" ? [] : [issuer];
}

function joinId(issuer: string, subject: string): string {
  return issuer === "" ? subject : issuer + SEPARATOR + subject;
}
