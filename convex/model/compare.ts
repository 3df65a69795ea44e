import { cutText } from "../../src/text";

/** A leaf in which a stored result is not what it should be. */
export interface LeafDifference {
  /** JSON path: `$.rows[3].videos`. */
  path: string;
  stored: string;
  expected: string;
}

/** Results with ratios may differ by this share of the larger, as the contract allows. */
const RELATIVE_TOLERANCE = 1e-9;
const MAX_SHOWN_CHARACTERS = 200;

export interface ComparisonOptions {
  /** Stops after so many differences. */
  limit: number;
  /** By what share of the larger ratios may differ; 0 takes equal doubles only for equal. */
  tolerance?: number;
}

/** Where two results differ: whole numbers and texts in anything at all, ratios beyond tolerance. */
export function differencesBetween(
  stored: unknown,
  expected: unknown,
  { limit, tolerance = RELATIVE_TOLERANCE }: ComparisonOptions,
): LeafDifference[] {
  const found: LeafDifference[] = [];
  collect(stored, expected, "$", { limit, tolerance }, found);
  return found;
}

function collect(
  stored: unknown,
  expected: unknown,
  path: string,
  options: Required<ComparisonOptions>,
  found: LeafDifference[],
): void {
  if (found.length >= options.limit) return;
  const areLists = Array.isArray(stored) && Array.isArray(expected);
  const areObjects =
    isContainer(stored) &&
    isContainer(expected) &&
    Array.isArray(stored) === Array.isArray(expected);
  if (!areObjects) {
    if (!isEqualLeaf(stored, expected, options.tolerance)) {
      found.push({ path, stored: shown(stored), expected: shown(expected) });
    }
    return;
  }
  for (const key of new Set([...Object.keys(stored), ...Object.keys(expected)])) {
    const next = areLists ? `${path}[${key}]` : `${path}.${key}`;
    collect(stored[key], expected[key], next, options, found);
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isEqualLeaf(stored: unknown, expected: unknown, tolerance: number): boolean {
  if (Object.is(stored, expected)) return true;
  if (typeof stored !== "number" || typeof expected !== "number") return false;
  if (Number.isInteger(stored) && Number.isInteger(expected)) return false;
  const bound = tolerance * Math.max(Math.abs(stored), Math.abs(expected));
  return Math.abs(stored - expected) <= bound;
}

function shown(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${cutText(text, MAX_SHOWN_CHARACTERS)} …`;
}
