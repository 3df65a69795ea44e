import { ConnectionLost, withBackOff } from "../../src/importer/backOff";

// From its own file: the folder's index loads the readers of exports as well, half a second's worth.
export { ConnectionLost, withBackOff };

/** Nothing was sent: the deployment has not seen the call. */
export class NeverSent extends ConnectionLost {
  override name = "NeverSent";
}

/** Of connections that were never made. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  // What `fetch` says of ports that it never connects to.
  "bad port",
]);

/** A function that failed answers with this status; others from 500 on are not its own. */
const FUNCTION_FAILED = 560;

/**
 * `fetch` that tells a deployment out of reach from one that refuses.
 *
 * @throws ConnectionLost
 */
export async function reach(url: string, request: Parameters<typeof fetch>): Promise<Response> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(...request);
    ({ status } = response);
    // Here, so that a connection lost in the middle of the answer counts as one.
    text = await response.text();
  } catch (error) {
    const reason = reasonOf(error);
    const Lost = NEVER_CONNECTED.has(reason) ? NeverSent : ConnectionLost;
    throw new Lost(`${url} does not answer (${reason})`);
  }
  const isOutOfOrder = status === 429 || (status >= 500 && status !== FUNCTION_FAILED);
  if (isOutOfOrder) throw new ConnectionLost(`${url} answers with status ${status}`);
  return new Response(text, { status });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  if (typeof code === "string") return code;
  return cause instanceof Error ? cause.message : String(cause);
}
