// @vitest-environment node
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "checkLarge.ts");
/** Beside what is stored: columns, the bytes of segments, and what one day takes. */
const MAX_BUFFER_BYTES = 32 * 2 ** 20;
const MAX_HEAP_BYTES = 24 * 2 ** 20;

// What the script prints.
type Outcomes = Record<
  "check" | "checkEdited" | "drift",
  { found: unknown; peaks: { heapBytes: number; bufferBytes: number } }
>;

let outcomes: Promise<Outcomes> | null = null;

/** Runs in its own process with a heap of 48 MB, which has to hold Node, too. */
async function run(): Promise<Outcomes> {
  const heap = ["--max-old-space-size=48", "--max-semi-space-size=4", "--expose-gc"];
  // A background thread would free buffers some time after `gc()`, and the test would count them.
  const sweeping = "--no-concurrent-array-buffer-sweeping";
  const args = [...heap, sweeping, "--import", "tsx", SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Outcomes;
}

async function foundBy(what: keyof Outcomes): Promise<unknown> {
  const { found, peaks } = (await (outcomes ??= run()))[what];
  expect(peaks.heapBytes).toBeLessThan(MAX_HEAP_BYTES);
  expect(peaks.bufferBytes).toBeLessThan(MAX_BUFFER_BYTES);
  return found;
}

test("a user of 500,000 records is validated in a heap of 48 MB and 32 MB of buffers", async () => {
  expect(await foundBy("check")).toMatchObject({
    findings: {
      ...{ compared: 160, equal: 160, differences: [] },
      layers: { recordsToSegments: "equal", segmentsToResults: "equal" },
    },
  });
}, 120_000);

test("and so where the segments are others, which are then computed from as well", async () => {
  expect(await foundBy("checkEdited")).toMatchObject({
    findings: {
      ...{ compared: 160, equal: 160 },
      differences: [{ fault: "segment-differs", path: "2011-11" }],
      layers: { recordsToSegments: "different", segmentsToResults: "different" },
    },
  });
}, 120_000);

test("a user of 500,000 records is compared with the segments in even less", async () => {
  const nothing = { days: [], undatedBuckets: [], recordCount: 0, isUnreadable: false };
  expect(await foundBy("drift")).toEqual(nothing);
}, 120_000);
