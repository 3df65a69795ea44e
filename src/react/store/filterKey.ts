import type { FilterOptions } from "../../engine/query";

/**
 * What the page knows filters by: the text their hash is made of, without the hashing.
 *
 * @param filters in canonical form.
 */
export function filterKey({ timeframe, product, topics, channels }: FilterOptions): string {
  return JSON.stringify([timeframe, product, topics, channels]);
}
