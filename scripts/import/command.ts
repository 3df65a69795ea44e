import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import {
  exportTimeZone,
  hasTimes,
  importExport,
  messageOf,
  nameOfFiles,
  type ImportReceipt,
  type Ingest,
} from "../../src/importer";
import { runCommand } from "../console/command";
import { CommandError } from "../console/commandError";
import { confirmation } from "../console/confirm";
import { announce, isLoopback, type Place } from "../console/deployment";
import { findExports } from "../console/exportFile";
import { ConnectionLost } from "../console/reach";
import type { Surroundings } from "../console/surroundings";
import { refuseTakenByNpm } from "../console/usageError";
import { openBackend, type ImportBackend } from "./backend";
import { dryRunIngest } from "./dryRun";
import { LiveProgress } from "./liveProgress";
import { FLAGS, machineTimeZone, parseOptions, USAGE, type ImportOptions } from "./options";
import { findTarget, type ImportTarget } from "./signIn";
import { STOPPED_EXIT_CODE } from "./stopSignal";
import { describeReceipt } from "./summary";

const EXIT_CODES: Record<ImportReceipt["outcome"], number> = {
  complete: 0,
  "ended-early": 1,
  failed: 1,
  refused: 2,
  stopped: STOPPED_EXIT_CODE,
};
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `npm run import`: sends an export's watches to a deployment. Returns the exit code. */
export async function importHistory(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, async () => {
    refuseTakenByNpm(FLAGS, "npm run import", around.environment);
    return await main(parseOptions(around.args), around);
  });
}

async function main(options: ImportOptions, around: Surroundings): Promise<number> {
  const { signal } = around;
  const fileName = nameOfFiles(options.files.map((file) => basename(file)));
  const target = options.isDryRun ? null : await openTarget(options, around);
  if (target === null) console.log("Deployment: none, as a dry run sends nothing");
  const file = await findExports(options.files);
  const backend = target === null ? null : await connect(target);
  const user = backend?.user ?? "";
  if (target !== null) {
    const what = `Import ${fileName} for ${user}`;
    await confirmation(target.place, what, options.isConfirmed, around)();
  }
  const timeZone = options.timeZone ?? exportTimeZone(backend?.timeZone, machineTimeZone());
  const read = async (ingest: Ingest, progress: LiveProgress) =>
    await importExport(file.open(progress.onBytes), {
      ...{ importId: randomUUID(), fileName, ingest, timeZone, keepAds: options.keepsAds, signal },
      now: Date.now,
      onTally: progress.onTally,
    });
  if (options.replacesUndated && backend !== null && target !== null) {
    const progress = new LiveProgress(file.size, "Reading");
    const rehearsal = await read(dryRunIngest(Date.now()), progress);
    progress.stop();
    await replaceUndated(rehearsal, backend, target.place, options.isConfirmed, around);
  }
  const progress = new LiveProgress(file.size);
  const waits = { signal, onWait: progress.onWait };
  const receipt = await read(backend?.ingest(waits) ?? dryRunIngest(Date.now()), progress);
  report(receipt, target === null ? null : `${target.place.label}, for ${user}`, progress.stop());
  if (backend !== null) await keep(receipt, backend);
  return EXIT_CODES[receipt.outcome];
}

/**
 * Removes the user's watches without a time, before an export that has times brings them again. An
 * export that could not replace them changes nothing.
 */
async function replaceUndated(
  rehearsal: ImportReceipt,
  backend: ImportBackend,
  place: Place,
  isConfirmed: boolean,
  around: Surroundings,
): Promise<void> {
  around.signal.throwIfAborted();
  const { outcome, message, inserted, withoutTime } = rehearsal;
  if (outcome !== "complete") {
    throw new CommandError(`Nothing was removed or imported: ${message ?? outcome}`);
  }
  if (!hasTimes(rehearsal)) {
    const why =
      withoutTime === 0
        ? "there is no watch in this export"
        : `${numbers.format(withoutTime)} watches of this export have no time themselves`;
    throw new CommandError(
      `Nothing was removed or imported: ${why}, so it cannot replace those that are there. Ask Takeout for the history as JSON.`,
    );
  }
  const what = `Remove all watches without a time of ${backend.user}, then import ${inserted} with one`;
  // Asked everywhere: what is removed does not come back.
  const asking = { ...place, isProduction: true };
  await confirmation(asking, what, isConfirmed, around)();
  const removed = await backend.removeUndated({ signal: around.signal });
  console.log(`Watches without a time removed: ${numbers.format(removed)}.`);
}

async function openTarget(options: ImportOptions, around: Surroundings): Promise<ImportTarget> {
  const target = await findTarget(options, around);
  announce(target.place);
  return target;
}

/** Asks once before anything is read, so that a wrong address or key shows at once. */
async function connect(target: ImportTarget): Promise<ImportBackend> {
  try {
    return await openBackend(target);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`Nothing was imported: ${reasonOf(error)}. ${adviceFor(error, target)}`);
  }
}

/** A deployment refuses a user with JSON, which the client passes on as it is. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  const [, message = text] = /^\{.*"message":"((?:[^"\\]|\\.)*)".*\}$/s.exec(text) ?? [];
  return message.replace(/\\(.)/g, "$1").replace(/\.$/, "");
}

/** What to do where the deployment does not answer, or refuses the user. */
function adviceFor(error: unknown, { place, credentials }: ImportTarget): string {
  if (error instanceof ConnectionLost) {
    return isLoopback(place.url)
      ? "Start the local backend with `npm run backend`, or name another deployment with --url."
      : "Check the address and your connection.";
  }
  return credentials.kind === "token"
    ? "Set CONVEX_AUTH_TOKEN to a token that has not expired, of a user of this deployment."
    : "Check that the deployment runs this project's functions.";
}

/** @param whereTo the deployment and the user; null for a dry run. */
function report(receipt: ImportReceipt, whereTo: string | null, seconds: number): void {
  if (receipt.outcome === "refused" && receipt.entries === 0) {
    console.error(receipt.message);
    return;
  }
  const pace = `${seconds.toFixed(1)} s, ${numbers.format(receipt.entries / seconds)} entries/s`;
  const heading =
    whereTo === null
      ? `Dry run: nothing was sent. An import into an empty history would give (${pace}):`
      : `${receipt.fileName} → ${whereTo} (${pace}):`;
  console.log(`\n${heading}\n\n${describeReceipt(receipt)}`);
}

/** Saves the receipt for the page. What was imported stays without it. */
async function keep(receipt: ImportReceipt, backend: ImportBackend): Promise<void> {
  if (receipt.entries === 0 && receipt.outcome !== "complete") return;
  try {
    await backend.saveReceipt(receipt);
  } catch (error) {
    console.error(`\nThe receipt could not be saved for the page: ${messageOf(error)}.`);
  }
}
