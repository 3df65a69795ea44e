import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import type { ActionCtx } from "../../_generated/server";
import { checkAnswers, countResults } from "./answers";
import { loadFacts } from "./facts";
import { keepTelling, type Agreement, type Difference, type Findings } from "./report";
import { agreesWith, checkResults, type CheckedResults } from "./results";
import { checkSegments } from "./segments";
import type { Opened } from "./store";

/**
 * Checks what is stored for one user against the records themselves: recomputes every result
 * from columns made of all records, and compares layer by layer. Reads in pages over several
 * transactions; a change meanwhile makes the outcome void, which `conclude` finds out.
 *
 * @returns null where the user is not at rest.
 */
export async function checkUser(
  ctx: ActionCtx,
  userId: string,
): Promise<{ moment: Opened["moment"]; findings: Findings } | null> {
  const opened: Opened | null = await ctx.runQuery(internal.check.open, { userId });
  if (opened === null) return null;
  const { epoch, filters, timeZone, moment } = opened;
  const facts = await loadFacts(ctx, userId);
  const segments = await checkSegments(ctx, userId, epoch, facts);
  const results = await checkResults(ctx, userId, filters, timeZone, facts.history);
  const strays = await findStrays(ctx, userId, opened);
  const recordsToSegments = segments.agreement;
  const isSame = recordsToSegments === "equal";
  // Of wrong segments everything is wrong: one kind of difference says it.
  const answers = isSame ? await checkAnswers(ctx, userId, timeZone, facts.history) : [];
  const wrongResults = results.differing + strays.length;
  const differing = wrongResults + countResults(answers);
  const history = isSame ? facts.history : segments.history();
  const isAgreeing =
    history !== null &&
    (isSame ? wrongResults === 0 : agreesWith(results, filters, timeZone, history));
  const segmentsToResults = agreementOf(results, isAgreeing, strays.length);
  const differences = [
    ...facts.duplicateKeys.map(twiceThere),
    ...segments.differences,
    ...strays,
    ...results.differences,
    ...answers,
  ];
  return {
    moment,
    findings: {
      compared: results.equal + results.stale + differing,
      equal: results.equal,
      differing,
      stale: results.stale,
      layers: { recordsToSegments, segmentsToResults },
      segments: segments.differences.length,
      differences: keepTelling(differences),
    },
  };
}

function agreementOf(results: CheckedResults, isAgreeing: boolean, strays: number): Agreement {
  const isAbsent = [...results.rows.values()].every((rows) => rows.length === 0);
  if (isAbsent) return "absent";
  return isAgreeing && strays === 0 && results.stale === 0 ? "equal" : "different";
}

function twiceThere(recordKey: string): Difference {
  const place = { aggregationType: null, filterHash: null, filters: null, path: recordKey };
  return { fault: "duplicate-record", ...place, stored: "several rows", expected: "one row" };
}

/** Rows that should not be there at all. */
async function findStrays(ctx: ActionCtx, userId: string, opened: Opened): Promise<Difference[]> {
  const untracked: Pick<Difference, "aggregationType" | "filterHash" | "filters">[] =
    await ctx.runQuery(internal.check.untracked, { userId });
  return [
    ...opened.duplicates.map((filter): Difference => ({
      fault: "duplicate-filter",
      aggregationType: null,
      ...filter,
      path: "$",
      stored: "several rows",
      expected: "one row",
    })),
    ...untracked.map((row): Difference => ({
      fault: "untracked-result",
      ...row,
      path: "$",
      stored: "one row",
      expected: "no row",
    })),
  ];
}

/**
 * Checks a user and notes the outcome, in a run's differences too where it is part of one.
 *
 * @returns null where nothing can be said: the user was not at rest, or changed meanwhile.
 */
export async function checkAndConclude(
  ctx: ActionCtx,
  userId: string,
  runId: Id<"job_runs"> | null,
): Promise<Findings | null> {
  const checked = await checkUser(ctx, userId);
  if (checked === null) return null;
  const isConclusive = await ctx.runMutation(internal.check.conclude, {
    userId,
    runId,
    ...checked,
  });
  return isConclusive ? checked.findings : null;
}
