import { v, type Infer } from "convex/values";
import { differenceFields, layersValidator, type agreementValidator } from "../../jobTables";

export type Agreement = Infer<typeof agreementValidator>;

/** What a check of one user's stored results came to. */

export const differenceValidator = v.object(differenceFields);
export type Difference = Infer<typeof differenceValidator>;

/** The state of a user that a check is about: void once either is another. */
export const momentValidator = v.object({
  generation: v.number(),
  lastRecomputedAt: v.union(v.number(), v.null()),
});

export const findingsFields = {
  /** Results looked at: `equal`, `differing` and `stale` add up to it. */
  compared: v.number(),
  equal: v.number(),
  /** Wrong, missing or there twice. */
  differing: v.number(),
  /** Of an older version or another time zone: never served as current. */
  stale: v.number(),
  layers: layersValidator,
  /** Segments that differ or cannot be read. */
  segments: v.number(),
  /** 100 at most, of one result 5. */
  differences: v.array(differenceValidator),
};
export const findingsValidator = v.object(findingsFields);
export type Findings = Infer<typeof findingsValidator>;

/** Differences kept of one user. */
export const MAX_DIFFERENCES = 100;

export function hasFaults(findings: Findings): boolean {
  return findings.differences.length > 0;
}

/** Faults of what is never served as current, or of what results are made of. */
const HARMLESS = new Set<Difference["fault"]>([
  "duplicate-record",
  "older-version",
  "stale-time-zone",
  "segment-differs",
  "unreadable-segment",
]);

/** Whether a page may be shown wrong numbers for it. */
export function isWrong({ fault }: Difference): boolean {
  return !HARMLESS.has(fault);
}

/** The differences that are kept: of wrong results and of the rest, half the room at least. */
export function keepTelling(differences: readonly Difference[]): Difference[] {
  const half = MAX_DIFFERENCES / 2;
  const wrong = differences.filter(isWrong);
  const harmless = differences.filter((difference) => !isWrong(difference));
  const first = [...wrong.slice(0, half), ...harmless.slice(0, half)];
  const further = [...wrong.slice(half), ...harmless.slice(half)];
  const kept = new Set([...first, ...further].slice(0, MAX_DIFFERENCES));
  return differences.filter((difference) => kept.has(difference));
}
