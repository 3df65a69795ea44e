/**
 * npm run bench [-- --sizes 1000,10000,100000] [--quick] [--json]
 *
 * Measures the engine against the targets of its design and prints a table, or JSON. A quick run takes
 * seconds and leaves out what needs large histories; a full one takes a few minutes. DuckDB is a
 * contestant where it is installed.
 */
import { againstDuckDb, findDuckDb, MISSING_DUCKDB } from "./bench/duckdb";
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
import { readBenchOptions, type BenchOptions } from "./bench/options";
import { asTable, endProgress, isMet, thisMachine, type Figure } from "./bench/report";
import { UsageError } from "./console/usageError";

const USAGE = "Usage: npm run bench -- [--sizes 1000,10000,100000] [--quick] [--json]";
const SIZES = { full: "1000,10000,100000", quick: "1000,10000", max: 2_000_000 };

async function measureAll({ sizes, isQuick }: BenchOptions): Promise<Figure[]> {
  const rounds = isQuick ? 2 : 3;
  const duckDb = await findDuckDb();
  const figures: Figure[] = [];
  for (const size of sizes) {
    const subject = makeSubject(size);
    assertSameNumbers(subject);
    figures.push(...(await againstBaseline(subject, rounds)));
    if (duckDb !== null) figures.push(await againstDuckDb(duckDb, subject, rounds));
  }
  const subject = makeSubject(isQuick ? 10_000 : 100_000);
  figures.push(...(await acrossFilters(subject, isQuick ? 2 : 5)));
  figures.push(bytesPerRecord(subject));
  figures.push(firstCall(subject, isQuick ? 3 : 7));
  if (!isQuick) {
    const large = makeSubject(500_000);
    figures.push(firstCall(large, 7), firstTransaction(large, 7), ...memory(large, 3));
    figures.push(await growth(subject, makeSubject(1_000_000), 5));
  }
  endProgress();
  if (duckDb === null) console.error(MISSING_DUCKDB);
  return figures;
}

async function main(): Promise<void> {
  let options: BenchOptions;
  try {
    options = readBenchOptions(process.argv.slice(2), SIZES);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = error.exitCode;
    return;
  }
  const figures = await measureAll(options);
  const machine = thisMachine();
  const withVerdicts = figures.map((figure) => ({ ...figure, isMet: isMet(figure) }));
  console.log(
    options.isJson
      ? JSON.stringify({ machine, figures: withVerdicts }, null, 2)
      : asTable(figures, machine),
  );
}

await main();
