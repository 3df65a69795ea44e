import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NO_SETTINGS } from "../support/noSettings";

const SCRIPTS = join(import.meta.dirname, "../../scripts");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Set over the environment of the tests, which names no deployment. */
  environment?: Record<string, string>;
  /** Sees what has been printed so far, and may send a signal. */
  onOutput?: (output: string, kill: Running["kill"]) => void;
}

export interface Running {
  kill: (signal?: NodeJS.Signals) => void;
  /** What it has printed so far. */
  output: () => string;
  ended: Promise<Ended>;
}

/** Starts a script as npm does. */
export function start(
  script: string,
  args: string[],
  { environment = {}, onOutput = () => undefined }: RunOptions = {},
): Running {
  const child = spawn(process.execPath, ["--import", "tsx", join(SCRIPTS, script), ...args], {
    env: { ...process.env, ...NO_SETTINGS, ...environment },
  });
  let stdout = "";
  let stderr = "";
  const kill = (signal: NodeJS.Signals = "SIGTERM") => void child.kill(signal);
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
    onOutput(stdout, kill);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { kill, output: () => stdout, ended };
}

/** Runs a script to its end. */
export async function run(script: string, args: string[], options?: RunOptions): Promise<Ended> {
  return await start(script, args, options).ended;
}

/** A file in a folder of its own. */
export function file(name: string, content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), "export-")), name);
  writeFileSync(path, content);
  return path;
}
