import { RefusedError } from "../console/callDeployment";
import { Interrupted, interruption } from "../console/endSignals";
import { ConnectionLost } from "../console/reach";
import { UsageError } from "../console/usageError";
import { JobError } from "./job";

/**
 * Runs the command of a job, and sets the exit code.
 *
 * @param main returns the exit code; ends early once the signal fires.
 */
export async function runJobCommand(
  usage: string,
  main: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const signal = interruption();
  try {
    process.exitCode = await main(signal);
  } catch (error) {
    process.exitCode = report(error, usage, signal);
  }
}

function report(error: unknown, usage: string, signal: AbortSignal): number {
  if (error instanceof UsageError) return say(`${error.message}\n\n${usage}`, 2);
  // A call that was ended by the signal counts as lost.
  const { reason } = signal as { reason: unknown }; // declared as any
  if (error instanceof Interrupted) return say(error.message, error.exitCode);
  const exitCode = reason instanceof Interrupted ? reason.exitCode : 1;
  if (error instanceof JobError || error instanceof RefusedError)
    return say(error.message, exitCode);
  if (!(error instanceof ConnectionLost)) throw error;
  if (reason instanceof Interrupted)
    return say("Interrupted before there was an answer.", exitCode);
  return say(
    `${error.message}. The local backend starts with \`npm run backend\`; another deployment is named with --url.`,
    exitCode,
  );
}

function say(message: string, exitCode: number): number {
  console.error(message);
  return exitCode;
}
