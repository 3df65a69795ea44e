import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { exportTimeZone, importExport, messageOf, type ImportReceipt } from "../src/importer";
import { readEnvironment } from "./console/deployment";
import { findExport, UnusableFileError } from "./console/exportFile";
import { UsageError } from "./console/usageError";
import { openBackend, type ImportBackend } from "./import/backend";
import { dryRunIngest } from "./import/dryRun";
import { LiveProgress } from "./import/liveProgress";
import { machineTimeZone, parseOptions, USAGE, type ImportOptions } from "./import/options";
import { findTarget, type Target } from "./import/signIn";
import { describeReceipt } from "./import/summary";

const EXIT_CODES: Record<ImportReceipt["outcome"], number> = {
  complete: 0,
  "ended-early": 1,
  failed: 1,
  refused: 2,
  stopped: 130,
};
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A deployment that cannot be imported to; the message is all there is to say. */
class UnusableTargetError extends Error {
  override name = "UnusableTargetError";
}

async function main(options: ImportOptions): Promise<number> {
  const signal = stopOnSignals();
  const target = options.isDryRun ? null : findTarget(options, readEnvironment());
  const file = await findExport(options.file);
  const backend = target === null ? null : await connect(target);
  const progress = new LiveProgress(file.size);
  const receipt = await importExport(file.open(progress.onBytes), {
    importId: randomUUID(),
    fileName: basename(options.file),
    ingest: backend?.ingest({ signal, onWait: progress.onWait }) ?? dryRunIngest(Date.now()),
    timeZone: options.timeZone ?? exportTimeZone(backend?.timeZone, machineTimeZone()),
    now: Date.now,
    signal,
    onTally: progress.onTally,
  });
  report(receipt, target, progress.stop());
  if (backend !== null) await keep(receipt, backend);
  return EXIT_CODES[receipt.outcome];
}

/** Asks once before anything is read, so that a wrong address or key is told at once. */
async function connect(target: Target): Promise<ImportBackend> {
  try {
    return await openBackend(target);
  } catch (error) {
    throw new UnusableTargetError(
      `Nothing was imported: ${messageOf(error)}. The local backend starts with \`npm run backend\`; another deployment is named with --url.`,
    );
  }
}

function report(receipt: ImportReceipt, target: Target | null, seconds: number): void {
  if (receipt.outcome === "refused" && receipt.entries === 0) {
    console.error(receipt.message);
    return;
  }
  const pace = `${seconds.toFixed(1)} s, ${numbers.format(receipt.entries / seconds)} entries/s`;
  const heading =
    target === null
      ? `Dry run, nothing was sent. Into an empty history it would be (${pace}):`
      : `${receipt.fileName} → ${target.url}, for ${target.user} (${pace}):`;
  console.log(`\n${heading}\n\n${describeReceipt(receipt)}`);
}

/** The receipt, for the page; what was imported stands without it. */
async function keep(receipt: ImportReceipt, backend: ImportBackend): Promise<void> {
  if (receipt.entries === 0 && receipt.outcome !== "complete") return;
  try {
    await backend.saveReceipt(receipt);
  } catch (error) {
    console.error(`\nThis receipt could not be kept for the page: ${messageOf(error)}.`);
  }
}

/** Fires at the first Ctrl-C or SIGTERM, which lets what is under way end; the second leaves. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.stopped);
    console.error("\nStopping; once more leaves at once.");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (error instanceof UnusableFileError || error instanceof UnusableTargetError) {
    console.error(error.message);
    process.exitCode = error instanceof UnusableFileError ? 2 : 1;
  } else throw error;
}
