import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "parseLarge.ts");

// Node, tsx and the parser take more than half of the heap.
it("exports of 20 MB, as JSON and as HTML, are read in a heap of 24 MB", async () => {
  const heap = ["--max-old-space-size=24", "--max-semi-space-size=4"];
  const args = [...heap, "--import", "tsx", SCRIPT, "20"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const counts = JSON.parse(stdout) as Record<string, { written: number; records: number }>;
  for (const format of ["json", "html"]) {
    const { written, records } = counts[format]!;
    expect(written, format).toBeGreaterThan(20_000);
    expect(records, format).toBe(written);
  }
}, 120_000);
