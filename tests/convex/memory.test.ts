// @vitest-environment node
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "checkLarge.ts");
/** Beside what is stored; columns, bytes of segments, and what a day takes. */
const MAX_BUFFER_BYTES = 40 * 2 ** 20;
const MAX_HEAP_BYTES = 24 * 2 ** 20;

/** In a process of its own with a heap of 48 MB, in which Node has to fit, too. */
async function run(what: string) {
  const heap = ["--max-old-space-size=48", "--max-semi-space-size=4", "--expose-gc"];
  const args = [...heap, "--import", "tsx", SCRIPT, what];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  // What the script prints.
  const { found, peaks } = JSON.parse(stdout) as {
    found: unknown;
    peaks: { heapBytes: number; bufferBytes: number };
  };
  expect(peaks.heapBytes).toBeLessThan(MAX_HEAP_BYTES);
  expect(peaks.bufferBytes).toBeLessThan(MAX_BUFFER_BYTES);
  return found;
}

test("a user of 500,000 records is validated in a heap of 48 MB and 40 MB of buffers", async () => {
  expect(await run("check")).toMatchObject({
    findings: {
      ...{ compared: 160, equal: 160, differences: [] },
      layers: { recordsToSegments: "equal", segmentsToResults: "equal" },
    },
  });
}, 120_000);

test("and so where the segments are others, which are then computed from as well", async () => {
  expect(await run("check-edited")).toMatchObject({
    findings: {
      ...{ compared: 160, equal: 160 },
      differences: [{ fault: "segment-differs", path: "2011-11" }],
      layers: { recordsToSegments: "different", segmentsToResults: "different" },
    },
  });
}, 120_000);

test("a user of 500,000 records is compared with the segments in even less", async () => {
  const nothing = { days: [], undatedBuckets: [], recordCount: 0, isUnreadable: false };
  expect(await run("drift")).toEqual(nothing);
}, 120_000);
