import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { runCommand } from "../console/command";
import { CommandError } from "../console/commandError";
import { isLoopback } from "../console/deployment";
import { interrupted } from "../console/endSignals";
import { chooseDeployment, readSources } from "../console/settings";
import type { Surroundings } from "../console/surroundings";
import { parseCommandLine, UsageError } from "../console/usageError";
import { startLocalBackend } from "../localBackend";
import { parseOrigin } from "../localBackend/origins";

const USAGE = `Usage: npm run backend [-- --port PORT] [--dotenv PATH] [--origin ORIGIN]...

  --port PORT      port of the API; HTTP actions get the next one (default: 3210)
  --dotenv PATH    the file that gets the address and the admin key (default: .env.local)
  --origin ORIGIN  a web page that may use the backend, such as https://app.example; pages on
                   this machine always may. Repeat it for several`;

const ENV_FILE = join(import.meta.dirname, "../../.env.local");
const DEFAULT_PORT = 3210;

interface Options {
  port: number;
  envFile: string;
  origins: string[];
}

function parseOptions(argv: string[]): Options {
  const { values } = parseCommandLine(() =>
    parseArgs({
      args: argv,
      options: {
        port: { type: "string" },
        dotenv: { type: "string" },
        origin: { type: "string", multiple: true },
      },
    }),
  );
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!(Number.isInteger(port) && port > 0 && port < 65_535)) {
    throw new UsageError(`--port is ${values.port ?? ""}; it must be a number from 1 to 65534`);
  }
  const origins = (values.origin ?? []).map(requireOrigin);
  return { port, envFile: values.dotenv ?? ENV_FILE, origins };
}

function requireOrigin(text: string): string {
  const origin = parseOrigin(text);
  if (origin !== null) return origin;
  throw new UsageError(
    `--origin is ${text}; it must be a scheme and a host, such as https://app.example`,
  );
}

/** `npm run backend`: runs the local backend until it is interrupted. Returns the exit code. */
export async function backend(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, () => main(parseOptions(around.args), around));
}

async function main(
  { port, envFile, origins }: Options,
  { signal }: Surroundings,
): Promise<number> {
  await refuseSecond(envFile);
  const backend = await startLocalBackend({ port, origins, onLog: (line) => console.log(line) });
  try {
    writeEnvFile(envFile, {
      CONVEX_SELF_HOSTED_URL: backend.url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: `'${backend.adminKey}'`,
    });
  } catch (error) {
    await backend.close();
    throw error;
  }
  console.log(`Local backend at ${backend.url}, HTTP actions at ${backend.siteUrl}`);
  if (envFile === ENV_FILE) warnOfOtherSettings(backend.url);
  console.log("Its data is in memory only. Press Ctrl-C to stop.");
  await interrupted(signal);
  await backend.close();
  return 0;
}

/** One that still runs would lose its place in the file, and commands would go elsewhere. */
async function refuseSecond(path: string): Promise<void> {
  const url = parseEnv(readLines(path).join("\n"))["CONVEX_SELF_HOSTED_URL"] ?? "";
  if (!URL.canParse(url) || !isLoopback(url) || !(await isAnswering(url))) return;
  throw new CommandError(
    `${path} names the local backend at ${url}, which is running. Stop it first, or name another file for this one with --dotenv PATH.`,
  );
}

async function isAnswering(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/instance_name`, { signal: AbortSignal.timeout(2_000) });
    return (await response.text()) === "local";
  } catch {
    return false;
  }
}

/** Sets variables in the file where Convex's CLI looks for them; other lines stay. */
function writeEnvFile(path: string, variables: Record<string, string>): void {
  const kept = readLines(path).filter((line) => !(line.split("=")[0]! in variables));
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  try {
    writeFileSync(path, [...kept, ...set, ""].join("\n"), { mode: 0o600 });
  } catch (error) {
    throw unusable(path, error);
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): CommandError {
  const { code = "unknown reason" } = error as NodeJS.ErrnoException; // node:fs throws these
  return new CommandError(`${path} cannot be used for the settings (${code}).`, 2);
}

/** A deployment that is set beside this one: commands would refuse, or go there. */
function warnOfOtherSettings(url: string): void {
  try {
    const choice = chooseDeployment(readSources(process.env, dirname(ENV_FILE)));
    if (choice.kind === "selfHosted" && choice.url === url) return;
    console.log(
      "Warning: the settings name another deployment; `npm run rollout` and others go there.",
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(`Warning: commands will not run. ${error.message}`);
  }
}
