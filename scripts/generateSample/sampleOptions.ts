import type { SampleOptions } from "./generateTakeout";

/** What `scripts/sample/watch-history.json` was made with; a test holds the two together. */
export const SAMPLE_OPTIONS: SampleOptions = {
  count: 10_000,
  seed: 20_261_120,
  end: "2026-11-20",
  years: 4,
};
