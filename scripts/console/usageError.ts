/** A command line that cannot be used; the usage is shown below its message. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Runs a parser of the command line; what `parseArgs` throws is a UsageError as well. */
export function parseCommandLine<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
