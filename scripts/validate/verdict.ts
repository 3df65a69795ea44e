import { plural } from "../console/text";
import type { Validation } from "./job";

/** The verdict of a validation, from its sums. */

const HUNDREDTHS_OF_PERCENT = 10_000;

/** Sums over the users of a validation; see validation.ts of the deployment. */
export interface Sums {
  /** Users that were compared. */
  users: number;
  /** Results compared: the sum of `equal`, `differing` and `stale`. */
  compared: number;
  equal: number;
  differing: number;
  stale: number;
  /** Segments that differ. */
  segments: number;
  /** Users with differences, and those of them that were repaired. */
  faulty: number;
  repaired: number;
  /** Users who changed too often to be compared. */
  inconclusive: number;
}

export function sumsOf({ counts }: Pick<Validation, "counts">): Sums {
  const sum = (name: keyof Sums) => counts[name] ?? 0;
  return {
    ...{ users: sum("users"), compared: sum("compared"), equal: sum("equal") },
    ...{ differing: sum("differing"), stale: sum("stale"), segments: sum("segments") },
    ...{ faulty: sum("faulty"), repaired: sum("repaired"), inconclusive: sum("inconclusive") },
  };
}

/** The share of equal results, rounded down: 100 % means that not one differs. */
export function scoreText({ equal, compared }: Pick<Sums, "equal" | "compared">): string {
  if (compared === 0) return "none";
  const hundredths = Math.floor((equal / compared) * HUNDREDTHS_OF_PERCENT);
  return `${String(hundredths / 100)} %`;
}

/** Whether nothing is wrong so far, and the verdict in a sentence. */
export function verdictOf(run: Validation): { isFine: boolean; text: string } {
  const { compared, faulty, repaired } = sumsOf(run);
  const problems = problemsOf(run);
  if (problems.length > 0) {
    const rest = repaired > 0 ? `; ${plural(repaired, "user")} repaired` : "";
    return { isFine: false, text: `Not everything is equal: ${problems.join(", ")}${rest}.` };
  }
  if (run.status === "running") return { isFine: true, text: "No differences so far." };
  if (compared === 0) return { isFine: false, text: nothingText(run) };
  const text =
    faulty === 0
      ? `All equal: ${plural(compared, "result")} match the records.`
      : `All equal now: the differences of ${plural(repaired, "user")} were repaired.`;
  return { isFine: true, text };
}

function problemsOf(run: Validation): string[] {
  const { faulty, repaired, inconclusive } = sumsOf(run);
  return [
    ...(run.status === "cancelled" ? ["the validation was cancelled"] : []),
    ...(faulty > repaired ? [`${plural(faulty - repaired, "user")} with differences`] : []),
    ...(inconclusive > 0 ? [`${plural(inconclusive, "user")} inconclusive`] : []),
    ...(run.failed > 0 ? [`${plural(run.failed, "user")} failed`] : []),
  ];
}

function nothingText({ options, total }: Validation): string {
  if (options.sample !== null) {
    return "Nothing was compared: the sample was empty. A larger share has more users.";
  }
  return total === 0
    ? "Nothing was compared: no users are listed. `npm run backfill -- --adopt` lists all users who have records."
    : "Nothing was compared: these users have no stored results. `npm run backfill` builds them.";
}
