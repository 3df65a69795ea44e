import { isWrong } from "../../convex/model/check/report";
import { shellWord } from "../../convex/model/shellWord";
import { alignColumns } from "../console/table";
import { numbers, plain, plural, shorten } from "../console/text";
import type { Difference, Layers, Validation } from "./job";
import { sumsOf } from "./verdict";

/** What differs, user by user. */

const MAX_VALUE_CHARACTERS = 60;
const MAX_NAMED_USERS = 5;
/** As many as a status lists at most. */
const LISTED_DIFFERENCES = 50;
const HEADER = ["  fault", "type", "filter", "path", "stored", "expected"];

/** One block a user: the layers, then a line for each difference. */
export function describeDifferences(run: Validation): string[] {
  const lines = run.users.flatMap(({ userId, layers }) => {
    const differences = run.differences.filter((difference) => difference.userId === userId);
    return describeUser(userId, layers, differences);
  });
  return [...lines, ...describeRest(run, run.users.length)];
}

function describeUser(
  userId: string,
  layers: Layers,
  differences: readonly Difference[],
): string[] {
  const isRepaired = differences.every((difference) => difference.isRepaired);
  return [
    "",
    `${plain(userId)}${isRepaired ? " (repaired)" : ""}`,
    `  ${layersText(layers)}`,
    ...alignColumns([HEADER, ...differences.map(describeDifference)]),
  ];
}

function describeDifference({ fault, aggregationType, path, ...difference }: Difference): string[] {
  const filter = filterText(difference);
  const [stored, expected] = [difference.stored, difference.expected].map(valueText);
  const type = aggregationType ?? (filter === "" ? placeOf(fault) : "filter");
  return [`  ${fault}`, type, filter === "" ? "-" : filter, plain(path), stored!, expected!];
}

function placeOf(fault: Difference["fault"]): string {
  return fault === "duplicate-record" ? "record" : "segment";
}

function valueText(text: string): string {
  return shorten(plain(text), MAX_VALUE_CHARACTERS);
}

/** "Last12M, YouTube, 2 topics #1f3a…"; empty where it is about none. */
function filterText({ filters, filterHash }: Pick<Difference, "filters" | "filterHash">): string {
  if (filters === null) return "";
  const { timeframe, product, topics, channels } = filters;
  const restrictions = [
    timeframe,
    ...(product === "All" ? [] : [product]),
    ...(topics.length === 0 ? [] : [plural(topics.length, "topic")]),
    ...(channels.length === 0 ? [] : [plural(channels.length, "channel")]),
  ];
  return `${restrictions.join(", ")}${filterHash === null ? "" : ` #${filterHash}`}`;
}

/** The first layer that is not equal tells where it went wrong. */
function layersText({ recordsToSegments, segmentsToResults }: Layers): string {
  return `records → segments: ${recordsToSegments}, segments → results: ${segmentsToResults}`;
}

/** The deployment lists the first differences only. */
function describeRest(run: Validation, listed: number): string[] {
  const { faulty } = sumsOf(run);
  if (run.differences.length < LISTED_DIFFERENCES && faulty <= listed) return [];
  const more = faulty > listed ? `${numbers.format(faulty - listed)} more users` : "perhaps more";
  return ["", `… and ${more} with differences: npx convex run validation:differences lists all.`];
}

/** Users whom a wrong result has taken off: they stay so, repaired or not. */
export function describeTakenOff({ differences }: Validation): string[] {
  const wrong = differences.filter(isWrong);
  const users = [...new Set(wrong.map(({ userId }) => plain(userId)))];
  const [first] = users;
  if (first === undefined) return [];
  const more = users.length - MAX_NAMED_USERS;
  const named = users.slice(0, MAX_NAMED_USERS).join(", ");
  const when = wrong.every(({ isRepaired }) => isRepaired) ? "Now that it is" : "Once it is";
  return [
    "",
    `Rolled back until somebody clears it: ${named}${more > 0 ? ` and ${numbers.format(more)} more` : ""}.`,
    `${when} right again: npm run rollout -- clear ${shellWord(first)}`,
  ];
}
