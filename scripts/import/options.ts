import { parseArgs } from "node:util";
import { canonicalTimeZone } from "../../src/engine";
import { DEPLOYMENT_USAGE, TARGET_FLAGS, targetOf, type Target } from "../console/target";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run import -- FILE … [--user USER] [--time-zone ZONE] [--keep-ads] [--replace-undated]
                               [--dry-run] [--url URL] [--yes]

  FILE …               watch-history.html or .json, or the .zip, .tgz or .gz it came in; all parts of
                       an export that came in several, or the folder it was unpacked into
  --user USER          whose history it is: a user id, issuer|subject (default: demo)
  --time-zone ZONE     the account's, for abbreviations such as CST in HTML exports (default: the
                       user's setting, else this machine's)
  --keep-ads           import watches that are marked as advertisements, too
  --replace-undated    first remove the user's watches without a time, once the export has been
                       read to its end; it asks before
  --dry-run            read and count, send nothing
${DEPLOYMENT_USAGE}

Records are never added twice: after Ctrl-C or a lost connection, run the same command again.

Signs in with CONVEX_AUTH_TOKEN, a token of the user, if it is set. Otherwise acts as USER with the
key of the deployment or, on this machine, with a development token.`;

export interface ImportOptions extends Target {
  files: string[];
  keepsAds: boolean;
  replacesUndated: boolean;
  user: string | null;
  timeZone: string | null;
  isDryRun: boolean;
}

export const FLAGS = {
  ...TARGET_FLAGS,
  user: { type: "string" },
  "time-zone": { type: "string" },
  "dry-run": { type: "boolean" },
  "keep-ads": { type: "boolean" },
  "replace-undated": { type: "boolean" },
} as const;

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): ImportOptions {
  const { values, positionals } = parseCommandLine(() =>
    parseArgs({ args: argv, options: FLAGS, allowPositionals: true }),
  );
  if (positionals.length === 0) throw new UsageError("FILE is missing");
  if (values["dry-run"] === true && values["replace-undated"] === true) {
    throw new UsageError("--dry-run and --replace-undated cannot be used together");
  }
  if (values.user === "") throw new UsageError("--user is empty");
  return {
    files: positionals,
    keepsAds: values["keep-ads"] ?? false,
    replacesUndated: values["replace-undated"] ?? false,
    user: values.user ?? null,
    ...targetOf(values),
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
