import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "../console/usageError";

export interface BenchOptions {
  /** Records of the histories that are measured. */
  sizes: number[];
  isQuick: boolean;
  isJson: boolean;
}

/**
 * `--sizes`, `--quick` and `--json`, which `bench` and `bench:filters` take.
 *
 * @throws UsageError
 */
export function readBenchOptions(
  args: readonly string[],
  { full, quick, max }: { full: string; quick: string; max: number },
): BenchOptions {
  const { values } = parseCommandLine(() =>
    parseArgs({
      args: [...args],
      options: {
        sizes: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    }),
  );
  const sizes = (values.sizes ?? (values.quick ? quick : full)).split(",").map(Number);
  for (const size of sizes) {
    if (Number.isInteger(size) && size >= 1 && size <= max) continue;
    throw new UsageError(`--sizes takes whole numbers from 1 to ${max}, not “${values.sizes!}”.`);
  }
  return { sizes, isQuick: values.quick, isJson: values.json };
}
