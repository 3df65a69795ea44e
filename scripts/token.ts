import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "./console/usageError";
import { mintToken } from "./localBackend";

const USAGE = `Usage: npm run --silent token -- USER [--name NAME] [--ttl SECONDS] [--admin]

Prints a token that the local backend takes as a sign-in of USER; with --admin, of one who may see the
operations view.`;

interface Token {
  userId: string;
  claims: Record<string, string>;
  ttlSeconds: number;
}

function parse(argv: string[]): Token {
  const options = {
    name: { type: "string" },
    ttl: { type: "string" },
    admin: { type: "boolean" },
  } as const;
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
  const { name, admin = false } = parsed.values;
  const claims = { ...(name === undefined ? {} : { name }), ...(admin ? { role: "admin" } : {}) };
  return { userId, claims, ttlSeconds };
}

try {
  const { userId, claims, ttlSeconds } = parse(process.argv.slice(2));
  console.log(await mintToken(userId, claims, ttlSeconds));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
