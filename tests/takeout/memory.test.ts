import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "parseLarge.ts");

// What is left beside Node, tsx and the parser is a fraction of the file.
it.each(["json", "html"])(
  "an export of 60 MB as %s is read in a heap of 48 MB",
  async (format) => {
    const heap = ["--max-old-space-size=48", "--max-semi-space-size=4"];
    const args = [...heap, "--import", "tsx", SCRIPT, format, "60"];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { written, records } = JSON.parse(stdout) as { written: number; records: number };
    expect(written).toBeGreaterThan(50_000);
    expect(records).toBe(written);
  },
  120_000,
);
