import { cutText, normalizeText, wellFormed } from "../../text";
import { FIRST_YEAR, isInterval, LAST_YEAR } from "./intervals";
import {
  PRODUCTS,
  TIMEFRAMES,
  type FilterOptions,
  type ProductFilter,
  type TimeframeFilter,
} from "./vocabulary";

export const FILTER_LIMITS = { maxTopics: 50, maxChannels: 100, maxStringLength: 200 } as const;

/** Of a refused text. */
const MAX_SHOWN_LENGTH = 50;

const KEYS = ["timeframe", "product", "topics", "channels"];

/** Filters the contract does not allow; the message names the value and what is allowed. */
export class InvalidFiltersError extends Error {
  override name = "InvalidFiltersError";
}

/**
 * The one form of filters that mean the same: strings well-formed, NFC and trimmed, as those of
 * stored records are; lists without empty ones and duplicates, sorted by UTF-16 code unit.
 *
 * @throws InvalidFiltersError for unknown or missing keys, unknown values, and lists or strings
 *   beyond `FILTER_LIMITS` (counted in canonical form).
 */
export function canonicalizeFilters(filters: unknown): FilterOptions {
  if (typeof filters !== "object" || filters === null || Array.isArray(filters)) {
    throw new InvalidFiltersError(`Filters are an object with the keys ${KEYS.join(", ")}.`);
  }
  const unknownKey = Object.keys(filters).find((key) => !KEYS.includes(key));
  if (unknownKey !== undefined) {
    throw new InvalidFiltersError(
      `"${shorten(unknownKey)}" is not a filter; there are ${KEYS.join(", ")}.`,
    );
  }
  const fields: Record<string, unknown> = { ...filters };
  return {
    timeframe: canonicalTimeframe(fields["timeframe"]),
    product: oneOf<ProductFilter>("product", fields["product"], PRODUCTS),
    topics: canonicalList("topics", fields["topics"], FILTER_LIMITS.maxTopics),
    channels: canonicalList("channels", fields["channels"], FILTER_LIMITS.maxChannels),
  };
}

function canonicalTimeframe(value: unknown): TimeframeFilter {
  const known = TIMEFRAMES.find((candidate) => candidate === value);
  if (known !== undefined) return known;
  if (typeof value === "string" && isInterval(value)) return value;
  throw new InvalidFiltersError(
    `timeframe is ${describe(value)}; allowed are ${TIMEFRAMES.join(", ")}, and days from the first ` +
      `to the last, as in 2024-01-01/2024-12-31, of the years ${FIRST_YEAR} to ${LAST_YEAR}.`,
  );
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new InvalidFiltersError(
    `${name} is ${describe(value)}; allowed are ${allowed.join(", ")}.`,
  );
}

function canonicalList(name: string, value: unknown, maxLength: number): string[] {
  if (!Array.isArray(value)) {
    throw new InvalidFiltersError(`${name} is ${describe(value)}; it must be a list of strings.`);
  }
  const strings = value.map((entry: unknown) => {
    if (typeof entry === "string") return normalizeText(entry);
    throw new InvalidFiltersError(`${name} holds ${describe(entry)}; it must hold strings only.`);
  });
  const list = [...new Set(strings)].filter((entry) => entry !== "").sort();
  if (list.length > maxLength) {
    throw new InvalidFiltersError(
      `${name} has ${list.length} entries; at most ${maxLength} are allowed.`,
    );
  }
  const { maxStringLength } = FILTER_LIMITS;
  const tooLong = list.find((entry) => entry.length > maxStringLength);
  if (tooLong === undefined) return list;
  throw new InvalidFiltersError(
    `${name} holds "${shorten(tooLong)}" of ${tooLong.length} characters; ` +
      `at most ${maxStringLength} are allowed.`,
  );
}

function describe(value: unknown): string {
  if (typeof value === "string") return `"${shorten(value)}"`;
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN_LENGTH
    ? `${cutText(text, MAX_SHOWN_LENGTH - 1)}…`
    : wellFormed(text);
}
