/** From the entries of an export to records in a backend, counted so that it adds up. */
export {
  importEntries,
  newTally,
  type ImportTally,
  type Ingest,
  type IngestAnswer,
} from "./importEntries";
