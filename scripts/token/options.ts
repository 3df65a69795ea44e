import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run --silent token -- USER [--name NAME] [--ttl SECONDS] [--admin]

Prints a token that signs USER in to the local backend. USER is the subject of the token. With --admin,
the user may see the operations view.`;

export interface TokenOptions {
  subject: string;
  claims: Record<string, string>;
  ttlSeconds: number;
}

const FLAGS = {
  name: { type: "string" },
  ttl: { type: "string" },
  admin: { type: "boolean" },
} as const;
const DEFAULT_TTL_SECONDS = 12 * 3_600;

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): TokenOptions {
  const { values, positionals } = parseCommandLine(() =>
    parseArgs({ args: argv, options: FLAGS, allowPositionals: true }),
  );
  const [subject, ...rest] = positionals;
  if (subject === undefined || subject === "") throw new UsageError("USER is missing");
  if (rest.length > 0) throw new UsageError(`name one USER at a time, not also ${rest.join(" ")}`);
  const { name, admin = false, ttl } = values;
  const ttlSeconds = Number(ttl ?? DEFAULT_TTL_SECONDS);
  if (!Number.isInteger(ttlSeconds) || ttlSeconds <= 0) {
    throw new UsageError(`--ttl is ${ttl ?? ""}; it must be a whole number of seconds`);
  }
  const claims = { ...(name === undefined ? {} : { name }), ...(admin ? { role: "admin" } : {}) };
  return { subject, claims, ttlSeconds };
}
