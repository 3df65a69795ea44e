import { parseArgs } from "node:util";
import { canonicalTimeZone } from "../../src/engine";
import { checkUrl } from "../console/deployment";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run import -- FILE [--user USER] [--url URL] [--time-zone ZONE] [--dry-run]

  FILE              watch-history.html or .json, or the .zip, .tgz or .gz it came in
  --user USER       whose history it is (default: demo)
  --url URL         the deployment (default: CONVEX_SELF_HOSTED_URL, from the environment or
                    .env.local; else the local backend, http://127.0.0.1:3210)
  --time-zone ZONE  of the account, settles abbreviations such as CST in HTML exports (default: what
                    the user has set, else this machine's)
  --dry-run         reads and counts, sends nothing

Importing again adds nothing twice: after Ctrl-C or a lost connection run the same command again.

Signs in with CONVEX_AUTH_TOKEN, a token of the user, where it is set; else as USER with the admin
key of the deployment, CONVEX_SELF_HOSTED_ADMIN_KEY beside its URL, or CONVEX_DEPLOY_KEY; else, on
this machine, with a development token.`;

export interface ImportOptions {
  file: string;
  user: string | null;
  url: string | null;
  timeZone: string | null;
  isDryRun: boolean;
}

const FLAGS = {
  user: { type: "string" },
  url: { type: "string" },
  "time-zone": { type: "string" },
  "dry-run": { type: "boolean" },
} as const;

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): ImportOptions {
  const { values, positionals } = parseCommandLine(() =>
    parseArgs({ args: argv, options: FLAGS, allowPositionals: true }),
  );
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError("FILE is missing");
  if (others.length > 0) throw new UsageError(`one FILE at a time, not also ${others.join(" ")}`);
  if (values.user === "") throw new UsageError("--user is empty");
  return {
    file,
    user: values.user ?? null,
    url: values.url === undefined ? null : checkUrl(values.url),
    timeZone: zoneOf(values["time-zone"]),
    isDryRun: values["dry-run"] ?? false,
  };
}

function zoneOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const timeZone = canonicalTimeZone(text);
  if (timeZone !== null) return timeZone;
  throw new UsageError(`--time-zone is ${text}; it must be an IANA zone such as Europe/Berlin`);
}

export function machineTimeZone(): string {
  return canonicalTimeZone(new Intl.DateTimeFormat().resolvedOptions().timeZone) ?? "UTC";
}
