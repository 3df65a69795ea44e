import { CommandError } from "./commandError";

/** A command line that cannot be used; the usage is shown below its message. */
export class UsageError extends CommandError {
  override name = "UsageError";

  constructor(message: string) {
    super(message, 2);
  }
}

/** Runs a parser of the command line; what `parseArgs` throws is a UsageError as well. */
export function parseCommandLine<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Options that are written before `--` are npm's: it keeps them, and the command would do something
 * else than was asked for, perhaps elsewhere.
 *
 * @param command what operators type: "npm run backfill".
 * @throws UsageError
 */
export function refuseTakenByNpm(
  flags: Readonly<Record<string, unknown>>,
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  for (const flag of Object.keys(flags)) {
    // npm has a --yes of its own, which is often set for good. Without ours a command asks, at worst.
    if (flag === "yes") continue;
    if (environment[`npm_config_${flag.replaceAll("-", "_")}`] === undefined) continue;
    throw new UsageError(
      `npm took --${flag} for itself. Options for this command come after two dashes: ${command} -- --${flag}`,
    );
  }
}
