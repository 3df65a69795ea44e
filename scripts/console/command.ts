import { CommandError } from "./commandError";
import { Interrupted } from "./endSignals";
import { ConnectionLost } from "./reach";
import type { Surroundings } from "./surroundings";
import { UsageError } from "./usageError";

/**
 * Runs an operator's command and says what went wrong; with --help it prints the usage instead.
 *
 * @param main returns the exit code; ends early once the signal fires.
 * @returns the exit code. A mistake of ours is thrown as it is.
 */
export async function runCommand(
  usage: string,
  { args, signal }: Pick<Surroundings, "args" | "signal">,
  main: () => Promise<number>,
): Promise<number> {
  if (args.some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage);
    return 0;
  }
  try {
    return await main();
  } catch (error) {
    return report(error, usage, signal);
  }
}

function report(error: unknown, usage: string, signal: AbortSignal): number {
  if (error instanceof UsageError) return say(`${error.message}\n\n${usage}`, 2);
  if (error instanceof Interrupted) return say(error.message, error.exitCode);
  const { reason } = signal as { reason: unknown }; // declared as any
  if (error instanceof CommandError) {
    return say(error.message, reason instanceof Interrupted ? reason.exitCode : error.exitCode);
  }
  if (!(error instanceof ConnectionLost)) throw error;
  // A call that was ended by the signal counts as lost.
  if (reason instanceof Interrupted) {
    return say("Interrupted before there was an answer.", reason.exitCode);
  }
  return say(
    `${error.message}. Check that the deployment is running and that its address is right.`,
    1,
  );
}

function say(message: string, exitCode: number): number {
  console.error(message);
  return exitCode;
}
