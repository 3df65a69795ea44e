import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { afterEach } from "vitest";
import { WebSocket } from "ws";
import { startLocalBackend, type LocalBackend } from "../../scripts/localBackend";

type Cleanup = () => Promise<unknown>;

const cleanups: Cleanup[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A backend of this project's modules on a free port, ended with the test. */
export async function makeBackend(
  options: Parameters<typeof startLocalBackend>[0] = {},
): Promise<LocalBackend> {
  const backend = await startLocalBackend({ withCrons: false, ...options });
  cleanups.push(() => backend.close());
  return backend;
}

/** An HTTP client, signed in as `userId` where one is given. */
export async function httpClient(
  backend: LocalBackend,
  userId?: string,
): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  if (userId !== undefined) client.setAuth(await backend.mintToken(userId));
  return client;
}

/** A client over WebSocket, signed in as `userId`, closed with the test. */
export function syncClient(backend: LocalBackend, userId: string): ConvexClient {
  const client = new ConvexClient(backend.url, {
    // `ws` implements the browser's interface; its type differs in details nobody uses here.
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  client.setAuth(() => backend.mintToken(userId));
  cleanups.push(() => client.close());
  return client;
}

/** What a subscription brings, in order, and a wait for what is looked for. */
export class Updates<T> {
  readonly seen: T[] = [];
  private readonly waiting = new Set<() => void>();

  readonly push = (value: T): void => {
    this.seen.push(value);
    for (const check of this.waiting) check();
  };

  /** Resolves with the first value, seen or to come, that is looked for. */
  async until(isLookedFor: (value: T) => boolean): Promise<T> {
    return await new Promise((resolve) => {
      const check = () => {
        const found = this.seen.find(isLookedFor);
        if (found === undefined) return;
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }
}

export function record(fields: { watchedAt?: number | null; videoId?: string } = {}) {
  return {
    watchedAt: Date.now() - 86_400_000,
    videoId: null,
    videoTitle: "A video",
    videoUrl: null,
    channelTitle: "A channel",
    channelUrl: null,
    product: "YouTube",
    topics: ["Other"],
    ...fields,
  };
}
