/** From a file to records in a backend, with a receipt that accounts for every entry. */
export { ConnectionLost, messageOf, withBackOff, type BackOffOptions } from "./backOff";
export {
  importEntries,
  type ImportEntriesOptions,
  type Ingest,
  type IngestAnswer,
} from "./importEntries";
export { nameOfFiles } from "./fileNames";
export { importExport, type ImportExportOptions } from "./importExport";
export {
  hasTimes,
  reasonsOf,
  receiptLines,
  type ImportOutcome,
  type ImportReceipt,
  type ReasonCount,
} from "./receipt";
export { removeAllUndated } from "./removeAllUndated";
export { exportTimeZone } from "./timeZone";
export { accountedFor, countReason, newTally, type ImportTally } from "./tally";
