/**
 * npm run bench [-- --sizes 1000,10000,100000] [--quick] [--json]
 *
 * Measures the engine against the targets of its design and prints a table, or JSON. A quick run takes
 * seconds and leaves out what needs large histories; a full one takes a few minutes.
 */
import { parseArgs } from "node:util";
import {
  acrossFilters,
  againstBaseline,
  assertSameNumbers,
  bytesPerRecord,
  firstCall,
  firstTransaction,
  growth,
  makeSubject,
  memory,
} from "./bench/figures";
import { asTable, endProgress, isMet, thisMachine, type Figure } from "./bench/report";

const USAGE = "Usage: npm run bench -- [--sizes 1000,10000,100000] [--quick] [--json]";
const MAX_SIZE = 2_000_000;

interface BenchOptions {
  sizes: number[];
  isQuick: boolean;
  isJson: boolean;
}

function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      sizes: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const sizes = (values.sizes ?? (values.quick ? "1000,10000" : "1000,10000,100000"))
    .split(",")
    .map(Number);
  for (const size of sizes) {
    if (Number.isInteger(size) && size >= 1 && size <= MAX_SIZE) continue;
    throw new Error(`--sizes takes whole numbers from 1 to ${MAX_SIZE}, not “${values.sizes!}”.`);
  }
  return { sizes, isQuick: values.quick, isJson: values.json };
}

function measureAll({ sizes, isQuick }: BenchOptions): Figure[] {
  const rounds = isQuick ? 2 : 3;
  const figures = sizes.flatMap((size) => {
    const subject = makeSubject(size);
    assertSameNumbers(subject);
    return againstBaseline(subject, rounds);
  });
  const subject = makeSubject(isQuick ? 10_000 : 100_000);
  figures.push(...acrossFilters(subject, isQuick ? 2 : 5));
  figures.push(bytesPerRecord(subject));
  figures.push(firstCall(subject, isQuick ? 3 : 7));
  if (!isQuick) {
    const large = makeSubject(500_000);
    figures.push(firstCall(large, 7), firstTransaction(large, 7), ...memory(large, 3));
    figures.push(growth(subject, makeSubject(1_000_000), 5));
  }
  return figures;
}

function main(): void {
  let options: BenchOptions;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const figures = measureAll(options);
  const machine = thisMachine();
  endProgress();
  const withVerdicts = figures.map((figure) => ({ ...figure, isMet: isMet(figure) }));
  console.log(
    options.isJson
      ? JSON.stringify({ machine, figures: withVerdicts }, null, 2)
      : asTable(figures, machine),
  );
}

main();
