import { CommandError } from "./commandError";
import type { Place } from "./deployment";
import type { Surroundings } from "./surroundings";

/** Resolves once a person has agreed; asks at most once. */
export type Confirm = () => Promise<void>;

/**
 * Asks before a command changes production. Other deployments are changed without a question.
 *
 * @param what what will happen, as an order: "Turn stored results off for all users".
 * @param isConfirmed whether the command line says so already, with `--yes`.
 * @returns throws CommandError where the answer is not yes, or where nobody can be asked.
 */
export function confirmation(
  { label, isProduction }: Place,
  what: string,
  isConfirmed: boolean,
  { ask, signal }: Pick<Surroundings, "ask" | "signal">,
): Confirm {
  let hasAgreed = isConfirmed || !isProduction;
  return async () => {
    if (hasAgreed) return;
    if (ask === null) {
      throw new CommandError(
        `${what} on ${label}? There is no terminal to confirm this on: add --yes if you mean it. Nothing was changed.`,
        2,
      );
    }
    const answer = await ask(`${what} on ${label}? [y/N] `);
    signal.throwIfAborted();
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandError("Nothing was changed.");
    hasAgreed = true;
  };
}
