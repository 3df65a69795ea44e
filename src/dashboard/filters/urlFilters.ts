import {
  canonicalizeFilters,
  isInterval,
  PRODUCTS,
  TIMEFRAMES,
  type FilterOptions,
  type TimeframeFilter,
} from "../../engine/query";

export const DEFAULT_FILTERS: FilterOptions = {
  timeframe: "Last12M",
  product: "All",
  topics: [],
  channels: [],
};

/** The filters a page address stands for; what it holds of unknown values is passed over. */
export function filtersFromSearch(search: string): FilterOptions {
  const params = new URLSearchParams(search);
  const timeframe = timeframeIn(params.get("timeframe") ?? "");
  const product = PRODUCTS.find((known) => known === params.get("product"));
  try {
    return canonicalizeFilters({
      timeframe: timeframe ?? DEFAULT_FILTERS.timeframe,
      product: product ?? DEFAULT_FILTERS.product,
      topics: params.getAll("topic"),
      channels: params.getAll("channel"),
    });
  } catch {
    return DEFAULT_FILTERS; // longer than filters may be: nobody chose that on this page
  }
}

function timeframeIn(text: string): TimeframeFilter | undefined {
  return isInterval(text) ? text : TIMEFRAMES.find((known) => known === text);
}

/** The query part of the page's address, empty for the default filters. */
export function searchFromFilters({ timeframe, product, topics, channels }: FilterOptions): string {
  const params = new URLSearchParams();
  if (timeframe !== DEFAULT_FILTERS.timeframe) params.set("timeframe", timeframe);
  if (product !== DEFAULT_FILTERS.product) params.set("product", product);
  for (const topic of topics) params.append("topic", topic);
  for (const channel of channels) params.append("channel", channel);
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
