import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import type { StoredBytes } from "./stored";

/** What a new process says about its first and only computation. */
export interface FreshFigures {
  /** Decoding and all ten results. */
  elapsedMs: number;
  totalVideos: number;
  /** JavaScript heap in use after the computation, uncollected garbage included, above before it. */
  heapGrowthBytes: number;
  /** All ArrayBuffers of the process after it, the stored bytes included. */
  arrayBufferBytes: number;
}

const CHILD = fileURLToPath(new URL("./freshProcess.ts", import.meta.url));

/**
 * What a new process computes: one filter, the six timeframes, or all that the largest transaction
 * of a recompute does beside reading and writing.
 */
export type FreshWork = "one filter" | "six filters" | "transaction";

/** Computes in new processes, one after the other. Throws with the child's words when one fails. */
export function runFresh(
  stored: StoredBytes,
  { processes, work }: { processes: number; work: FreshWork },
): FreshFigures[] {
  const folder = mkdtempSync(join(tmpdir(), "watch-bench-"));
  try {
    const path = join(folder, "stored.bin");
    writeFileSync(path, serialize(stored));
    return Array.from({ length: processes }, () => runChild(path, work));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runChild(path: string, work: FreshWork): FreshFigures {
  const child = spawnSync(process.execPath, ["--expose-gc", "--import", "tsx", CHILD, path, work], {
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(`The fresh process failed: ${child.stderr}`);
  // One line, printed by freshProcess.ts.
  return JSON.parse(child.stdout) as FreshFigures;
}
