/** The backend could not be reached, or broke off: the same call may succeed later. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

export interface BackOffOptions {
  /** Ends waiting. */
  signal?: AbortSignal | undefined;
  /** Told before each wait. */
  onWait?: (wait: { delayMs: number; reason: "rate-limited" | "connection-lost" }) => void;
  /** How long a lost connection is waited for, in milliseconds; default five minutes. */
  giveUpAfterMs?: number;
  /** Milliseconds of some clock, and chance from 0 to 1; both for tests. */
  now?: () => number;
  random?: () => number;
  /** Resolves after a delay, or as soon as the signal fires. */
  sleep?: (delayMs: number, signal?: AbortSignal) => Promise<void>;
}

const DEFAULT_GIVE_UP_MS = 300_000;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 20_000;
/** Where the backend names no time. */
const DEFAULT_RETRY_MS = 1_000;
/** Added to the time the backend names, as a share of it, so that clients do not return as one. */
const RATE_LIMIT_JITTER = 0.1;

/**
 * Repeats a call until it is answered: after the time that `RATE_LIMITED` names, as often as it is
 * told so, and after a lost connection with growing, random delays. Any other failure is thrown at
 * once. The call must be safe to repeat.
 *
 * @throws the last ConnectionLost once there was none for `giveUpAfterMs`; the signal's reason.
 */
export async function withBackOff<T>(
  call: () => Promise<T>,
  options: BackOffOptions = {},
): Promise<T> {
  const { signal, now = Date.now, random = Math.random, sleep = sleepUnless } = options;
  const giveUpAfterMs = options.giveUpAfterMs ?? DEFAULT_GIVE_UP_MS;
  let lostAt: number | null = null;
  for (let losses = 0; ;) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      const retryAfterMs = retryAfterOf(error);
      if (retryAfterMs === null) {
        if (!(error instanceof ConnectionLost)) throw error;
        lostAt ??= now();
        if (now() - lostAt >= giveUpAfterMs) throw error;
      }
      const delayMs =
        retryAfterMs === null
          ? Math.ceil(random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** losses++))
          : Math.ceil(retryAfterMs * (1 + RATE_LIMIT_JITTER * random()));
      const reason = retryAfterMs === null ? "connection-lost" : "rate-limited";
      options.onWait?.({ delayMs, reason });
      await sleep(delayMs, signal);
    }
  }
}

/** Milliseconds to wait where the backend refused a call for coming too soon; else null. */
export function retryAfterOf(error: unknown): number | null {
  const data = refusalIn(error);
  if (data?.["code"] !== "RATE_LIMITED") return null;
  const { retryAfterMs } = data;
  return typeof retryAfterMs === "number" && retryAfterMs > 0 ? retryAfterMs : DEFAULT_RETRY_MS;
}

/** What an error says to a person: a refusal of the backend has its words in its data. */
export function messageOf(error: unknown): string {
  const message = refusalIn(error)?.["message"];
  if (typeof message === "string") return message;
  return error instanceof Error ? error.message : String(error);
}

/** The data of a ConvexError, told by its shape: there may be several copies of its class. */
function refusalIn(error: unknown): Readonly<Record<string, unknown>> | null {
  if (!(error instanceof Error) || !("data" in error)) return null;
  const { data } = error;
  return typeof data === "object" && data !== null ? { ...data } : null;
}

async function sleepUnless(delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, delayMs);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
