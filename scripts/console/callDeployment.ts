import type { FunctionArgs, FunctionReference, FunctionReturnType } from "convex/server";
import { runAsAdmin } from "../adminClient";
import { CommandError } from "./commandError";
import type { Deployment } from "./deployment";
import { ConnectionLost, reach } from "./reach";

type AnyFunction = FunctionReference<"query" | "mutation", "internal">;

/** A deployment that refuses a call; the message is what it says. */
export class RefusedError extends CommandError {
  override name = "RefusedError";
}

/** A query or mutation for operators takes less than a second; a connection may just hang. */
const GIVE_UP_MS = 20_000;

/**
 * Runs a function of a deployment with its admin key.
 *
 * @param signal ends the call, which then counts as lost.
 * @throws ConnectionLost where there is no answer: whether a mutation was carried out is not known.
 * @throws RefusedError
 */
export async function callDeployment<F extends AnyFunction>(
  deployment: Pick<Deployment, "url" | "adminKey">,
  reference: F,
  args: FunctionArgs<F>,
  signal?: AbortSignal,
): Promise<FunctionReturnType<F>> {
  const end = AbortSignal.any([AbortSignal.timeout(GIVE_UP_MS), ...(signal ? [signal] : [])]);
  try {
    return await runAsAdmin(deployment, reference, args, (input, init) =>
      reach(deployment.url, [input, { ...init, signal: end }]),
    );
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    // Only JSON is an answer of Convex.
    if (error instanceof SyntaxError) {
      throw new RefusedError(
        `${deployment.url} does not look like a Convex deployment; check the address.`,
      );
    }
    throw new RefusedError(error instanceof Error ? error.message : String(error));
  }
}
