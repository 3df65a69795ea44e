import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "./console/usageError";
import { mintToken } from "./localBackend";

const USAGE = `Usage: npm run --silent token -- USER [--name NAME] [--ttl SECONDS]

Prints a token that the local backend takes as a sign-in of USER.`;

function parse(argv: string[]): { userId: string; name: string | undefined; ttlSeconds: number } {
  const options = { name: { type: "string" }, ttl: { type: "string" } } as const;
  const parsed = parseCommandLine(() => parseArgs({ args: argv, options, allowPositionals: true }));
  const [userId, ...rest] = parsed.positionals;
  if (userId === undefined || userId === "") throw new UsageError("USER is missing");
  if (rest.length > 0) throw new UsageError(`one USER at a time, not also ${rest.join(" ")}`);
  const ttlSeconds = Number(parsed.values.ttl ?? 12 * 3_600);
  if (!Number.isInteger(ttlSeconds) || ttlSeconds <= 0) {
    throw new UsageError(
      `--ttl is ${parsed.values.ttl ?? ""}; it must be a whole number of seconds`,
    );
  }
  return { userId, name: parsed.values.name, ttlSeconds };
}

try {
  const { userId, name, ttlSeconds } = parse(process.argv.slice(2));
  console.log(await mintToken(userId, name === undefined ? {} : { name }, ttlSeconds));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
