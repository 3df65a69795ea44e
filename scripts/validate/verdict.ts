import { plural } from "../console/text";
import type { Validation } from "./job";

/** What a validation comes to, by its sums. */

const HUNDREDTHS_OF_PERCENT = 10_000;

/** Sums over the users of a validation; see validation.ts of the deployment. */
export interface Sums {
  /** That were compared. */
  users: number;
  /** Results looked at: `equal`, `differing` and `stale` add up to it. */
  compared: number;
  equal: number;
  differing: number;
  stale: number;
  /** Segments that differ. */
  segments: number;
  /** Users with anything wrong, and those of them of whom nothing is wrong any more. */
  faulty: number;
  repaired: number;
  /** Users of whom nothing can be said. */
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

/** Equal results of those compared; 100 % only where not a single one differs. */
export function scoreText({ equal, compared }: Pick<Sums, "equal" | "compared">): string {
  if (compared === 0) return "none";
  const hundredths = Math.floor((equal / compared) * HUNDREDTHS_OF_PERCENT);
  return `${String(hundredths / 100)} %`;
}

/** Whether nothing is wrong as far as it has come, and what it comes to in a sentence. */
export function verdictOf(run: Validation): { isFine: boolean; text: string } {
  const { compared, faulty, repaired } = sumsOf(run);
  const problems = problemsOf(run);
  if (problems.length > 0) {
    const rest = repaired > 0 ? `; ${plural(repaired, "user")} repaired` : "";
    return { isFine: false, text: `Not all is equal: ${problems.join(", ")}${rest}.` };
  }
  if (run.status === "running") return { isFine: true, text: "Nothing is wrong so far." };
  if (compared === 0) return { isFine: false, text: nothingText(run) };
  const text =
    faulty === 0
      ? `All is equal: ${plural(compared, "result")} are what the records come to.`
      : `All is equal now: what differed of ${plural(repaired, "user")} was repaired.`;
  return { isFine: true, text };
}

function problemsOf(run: Validation): string[] {
  const { faulty, repaired, inconclusive } = sumsOf(run);
  return [
    ...(run.status === "cancelled" ? ["it was cancelled before its end"] : []),
    ...(faulty > repaired ? [`${plural(faulty - repaired, "user")} with differences`] : []),
    ...(inconclusive > 0 ? [`${plural(inconclusive, "user")} of whom nothing can be said`] : []),
    ...(run.failed > 0 ? [`${plural(run.failed, "user")} failed`] : []),
  ];
}

function nothingText({ options, total }: Validation): string {
  if (options.sample !== null) {
    return "Nothing was compared: nobody was in the sample; a larger share has more users.";
  }
  return total === 0
    ? "Nothing was compared: no users are listed; `npm run backfill -- --adopt` lists those with records."
    : "Nothing was compared: nothing is stored of these users; `npm run backfill` builds it.";
}
