import { join } from "node:path";
import { createInterface } from "node:readline";
import { interruption } from "./endSignals";
import { readSources, type Environment, type Source } from "./settings";

/** What a command finds around it. Tests that run one in their own process hand in another. */
export interface Surroundings {
  /** What was typed after the command. */
  args: string[];
  environment: Environment;
  /** Where the deployment is set, in the order in which the places count. */
  sources: readonly Source[];
  /** Asks a person for a line; null where there is no terminal to ask on. */
  ask: ((question: string) => Promise<string>) | null;
  /** Fires at Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

const ROOT = join(import.meta.dirname, "../..");

/** Those of this process. */
export function ownSurroundings(signal: AbortSignal = interruption()): Surroundings {
  // Asked on standard error, so that an answer can be saved to a file.
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  return {
    args: process.argv.slice(2),
    environment: process.env,
    // Where it is read, a file that cannot be read is an error of the command.
    get sources() {
      return readSources(process.env, ROOT);
    },
    ask: isTerminal ? (question) => askOnTerminal(question, signal) : null,
    signal,
  };
}

/** Ctrl-C and Ctrl-D close the input. What is printed next starts on a line of its own. */
async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const close = () => reader.close();
  signal.addEventListener("abort", close);
  try {
    return await new Promise<string>((resolve) => {
      const onClose = () => {
        process.stderr.write("\n");
        resolve("");
      };
      reader.once("close", onClose);
      reader.question(question, (answer) => {
        reader.off("close", onClose);
        resolve(answer);
      });
    });
  } finally {
    signal.removeEventListener("abort", close);
    reader.close();
  }
}
