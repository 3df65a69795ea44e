import { vi } from "vitest";
import type { Environment, Source } from "../../scripts/console/settings";
import type { Surroundings } from "../../scripts/console/surroundings";
import type { Ended } from "./command";

export interface InProcessOptions {
  environment?: Environment;
  /** What is in .env.local and in .env. */
  files?: Readonly<Record<string, Environment>>;
  /** What a person answers; without it there is no terminal. */
  answer?: string;
  signal?: AbortSignal;
}

export interface EndedInProcess extends Ended {
  /** What the person was asked. */
  questions: string[];
}

/** Runs a command in the process of the test, as if it were typed; no file of this machine counts. */
export async function runInProcess(
  command: (around: Surroundings) => Promise<number>,
  args: readonly string[],
  { environment = {}, files = {}, answer, signal }: InProcessOptions = {},
): Promise<EndedInProcess> {
  const printed = { stdout: "", stderr: "" };
  const log = vi.spyOn(console, "log").mockImplementation((line = "") => {
    printed.stdout += `${String(line)}\n`;
  });
  const error = vi.spyOn(console, "error").mockImplementation((line = "") => {
    printed.stderr += `${String(line)}\n`;
  });
  const questions: string[] = [];
  const ask = (question: string) => {
    questions.push(question);
    return Promise.resolve(answer ?? "");
  };
  try {
    const code = await command({
      args: [...args],
      environment,
      sources: sourcesOf(environment, files),
      ask: answer === undefined ? null : ask,
      signal: signal ?? new AbortController().signal,
    });
    return { code, ...printed, questions };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}

export function sourcesOf(
  environment: Environment,
  files: Readonly<Record<string, Environment>> = {},
): Source[] {
  const inFiles = Object.entries(files).map(([name, values]) => ({ name, values }));
  return [{ name: "the environment", values: environment }, ...inFiles];
}
