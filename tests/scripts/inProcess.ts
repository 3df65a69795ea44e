import { AsyncLocalStorage } from "node:async_hooks";
import { Interrupted } from "../../scripts/console/endSignals";
import type { Environment, Source } from "../../scripts/console/settings";
import type { Surroundings } from "../../scripts/console/surroundings";
import type { Ended, Running } from "./command";

export interface InProcessOptions {
  environment?: Environment;
  /** What is in .env.local and in .env. */
  files?: Readonly<Record<string, Environment>>;
  /** What a person answers; without it there is no terminal. */
  answer?: string;
}

export interface EndedInProcess extends Ended {
  /** What the person was asked. */
  questions: string[];
}

export interface RunningInProcess extends Running {
  ended: Promise<EndedInProcess>;
}

type Command = (around: Surroundings) => Promise<number>;

const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** What the command prints on whose behalf this code runs, so that several can run at once. */
const printing = new AsyncLocalStorage<{ stdout: string; stderr: string }>();
for (const [method, stream] of [
  ["log", "stdout"],
  ["error", "stderr"],
] as const) {
  const print = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    const printed = printing.getStore();
    if (printed === undefined) print(...values);
    else printed[stream] += `${values.map(String).join(" ")}\n`;
  };
}

/** Starts a command in the process of the test, as if it were typed. No file of this machine counts. */
export function startInProcess(
  command: Command,
  args: readonly string[],
  { environment = {}, files = {}, answer }: InProcessOptions = {},
): RunningInProcess {
  const printed = { stdout: "", stderr: "" };
  const questions: string[] = [];
  const controller = new AbortController();
  const ask = (question: string) => {
    questions.push(question);
    return Promise.resolve(answer ?? "");
  };
  const ended = printing.run(printed, async () => {
    const code = await command({
      args: [...args],
      environment,
      sources: sourcesOf(environment, files),
      ask: answer === undefined ? null : ask,
      signal: controller.signal,
    });
    return { code, ...printed, questions };
  });
  return {
    kill: (signal = "SIGTERM") => {
      controller.abort(new Interrupted(EXIT_CODES[signal] ?? 1));
    },
    output: () => printed.stdout,
    ended,
  };
}

/** Runs a command in the process of the test to its end. */
export async function runInProcess(
  ...parameters: Parameters<typeof startInProcess>
): Promise<EndedInProcess> {
  return await startInProcess(...parameters).ended;
}

export function sourcesOf(
  environment: Environment,
  files: Readonly<Record<string, Environment>> = {},
): Source[] {
  const inFiles = Object.entries(files).map(([name, values]) => ({ name, values }));
  return [{ name: "the environment", values: environment }, ...inFiles];
}
