import {
  canonicalizeFilters,
  filterHash,
  TIMEFRAMES,
  type FilterOptions,
  type WatchRecord,
} from "../../../src/engine/index";
import { BENCH_TOPICS } from "../history";

const MAX_FAVOURITES = 12;

/** What a person chooses one after the other: a default filter, and one never seen before. */
export interface Choice {
  stored: FilterOptions;
  firstSeen: FilterOptions;
}

/**
 * `count` pairs of filters, the six timeframes in turn. The first-seen ones name a topic, two
 * topics, a channel or two channels; no two are the same.
 */
export function makeChoices(records: readonly WatchRecord[], count: number): Choice[] {
  const channels = favouritesOf(records);
  const seen = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const timeframe = TIMEFRAMES[index % TIMEFRAMES.length]!;
    const round = Math.floor(index / TIMEFRAMES.length);
    const names = round % 4 < 2 ? BENCH_TOPICS : channels;
    const offset = Math.floor(round / 4);
    const [first, second] = [index + offset, 5 * index + 2 * offset + 1];
    const chosen = [first, ...(round % 2 === 0 ? [] : [second])].map(
      (position) => names[position % names.length]!,
    );
    const dimensions = round % 4 < 2 ? { topics: chosen } : { channels: chosen };
    const everything = { timeframe, product: "All" as const, topics: [], channels: [] };
    const firstSeen = canonicalizeFilters({ ...everything, ...dimensions });
    const hash = filterHash(firstSeen);
    if (seen.has(hash)) throw new Error(`The filter ${JSON.stringify(firstSeen)} came twice.`);
    seen.add(hash);
    return { stored: everything, firstSeen };
  });
}

/** The channels with most watches. */
function favouritesOf(records: readonly WatchRecord[]): string[] {
  const watches = new Map<string, number>();
  for (const { channelTitle } of records) {
    if (channelTitle !== null) watches.set(channelTitle, (watches.get(channelTitle) ?? 0) + 1);
  }
  return [...watches]
    .sort((left, right) => right[1] - left[1])
    .slice(0, MAX_FAVOURITES)
    .map(([title]) => title);
}
