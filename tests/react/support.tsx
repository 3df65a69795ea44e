import { cleanup, render } from "@testing-library/react";
import { ConvexHttpClient } from "convex/browser";
import { ConvexProvider, ConvexReactClient } from "convex/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, inject, vi } from "vitest";
import { WebSocket } from "ws";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { developmentUserId, mintToken } from "../../scripts/localBackend";
import { AggregationConfig, DEFAULT_OPTIONS, type AggregationOptions } from "../../src/react";
import {
  aggregate,
  localDateOf,
  type AggregationResults,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";

export const ALL: FilterOptions = { timeframe: "All", product: "All", topics: [], channels: [] };
export const FLAG = DEFAULT_OPTIONS.flagKey;

type Cleanup = () => unknown;
const cleanups: Cleanup[] = [];
let users = 0;

afterEach(async () => {
  cleanup();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

export function onCleanup(clean: Cleanup): void {
  cleanups.push(clean);
}

/** A user id no other test has. */
export function newUser(): string {
  users += 1;
  return `user-${String(process.pid)}-${String(users)}-${String(performance.now())}`;
}

/** A client of the real kind over a real WebSocket, signed in where a user is given. */
export function reactClient(userId: string | null, url = inject("backendUrl")): ConvexReactClient {
  const client = new ConvexReactClient(url, {
    // `ws` implements the browser's interface; its type differs in details nobody uses here.
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  if (userId !== null) client.setAuth(() => mintToken(userId));
  cleanups.push(() => client.close());
  return client;
}

/** The same user, elsewhere. */
export async function elsewhere(
  userId: string,
  url = inject("backendUrl"),
): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(url, { logger: false });
  client.setAuth(await mintToken(userId));
  return client;
}

export async function setFlag(
  userId: string,
  value: boolean,
  key = FLAG,
  url = inject("backendUrl"),
): Promise<void> {
  const backend = { url, adminKey: inject("adminKey") };
  const user = { userId: developmentUserId(userId) };
  await runAsAdmin(backend, internal.flags.setUser, { key, ...user, value });
}

export const DAY_MS = 86_400_000;
const CHANNELS = ["Alpha", "Beta", "Gamma", "Émile's Kitchen"];

/** `count` watches of the past, an hour and a bit apart, every third of them music. */
export function history(count: number, newest = Date.now() - DAY_MS): WatchRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    watchedAt: newest - index * 4_000_000,
    channelTitle: CHANNELS[index % CHANNELS.length]!,
    channelUrl: null,
    product: "YouTube",
    topics: index % 3 === 0 ? ["Music"] : ["Gaming", "News"],
    durationSeconds: 60 + index,
  }));
}

export async function ingest(userId: string, records: readonly WatchRecord[]): Promise<void> {
  const client = await elsewhere(userId);
  for (let start = 0; start < records.length; start += 500) {
    await client.mutation(api.watchRecords.ingest, {
      records: records.slice(start, start + 500).map(({ topics, ...record }) => ({
        ...record,
        topics: [...topics],
        videoId: null,
        videoTitle: `Video of ${String(record.watchedAt)}`,
        videoUrl: null,
      })),
    });
  }
}

/** A user with a history that is already aggregated, and the flag as given. */
export async function userWithHistory(count: number, flag: boolean) {
  const userId = newUser();
  const records = history(count);
  await setFlag(userId, flag);
  await ingest(userId, records);
  await settled(userId);
  return { userId, records };
}

/** A user whom the rollout has not reached, with a history whose columns were validated. */
export async function unreachedUser(count: number) {
  const userId = newUser();
  const records = history(count);
  await ingest(userId, records);
  const client = await elsewhere(userId);
  await vi.waitUntil(
    async () => {
      const { columns, changesPending } = await client.query(api.watchRecords.revision, {});
      return columns !== null && !changesPending;
    },
    { timeout: 20_000 },
  );
  return { userId, records };
}

/** Waits until all changes are in the stored results, and the first build was validated. */
export async function settled(userId: string): Promise<void> {
  const client = await elsewhere(userId);
  for (;;) {
    const status = await client.query(api.aggregations.status, {});
    const { reason } = await client.query(api.flags.evaluate, { key: FLAG });
    const isValidated = reason !== "DEFAULT";
    if (status.pendingChanges === 0 && status.lastRecomputedAt !== null && isValidated) return;
  }
}

/** The ten results straight from the records. */
export function expected(
  records: readonly WatchRecord[],
  filters: FilterOptions = ALL,
  now = Date.now(),
): Partial<AggregationResults> {
  return aggregate(records, { filters, asOf: localDateOf(now, "UTC"), timeZone: "UTC" });
}

/** Whether results of a filter are stored for a user. */
export async function isStored(userId: string, filters: FilterOptions): Promise<boolean> {
  const client = await elsewhere(userId);
  const { topics, channels, ...rest } = filters;
  const wanted = { ...rest, topics: [...topics], channels: [...channels] };
  return (await client.query(api.aggregations.get, { type: "kpi", filters: wanted })) !== null;
}

/** Options that leave a test no waiting: what is no longer shown goes at once. */
export const QUICK: Partial<AggregationOptions> = { retainMs: 0, refreshIntervalMs: 0 };

/** Renders under the providers, in StrictMode as an application in development does. */
export function renderWith(
  client: ConvexReactClient,
  children: ReactNode,
  options: Partial<AggregationOptions> = QUICK,
) {
  const wrap = (content: ReactNode) => (
    <StrictMode>
      <ConvexProvider client={client}>
        <AggregationConfig {...options}>{content}</AggregationConfig>
      </ConvexProvider>
    </StrictMode>
  );
  const view = render(wrap(children));
  return { ...view, show: (content: ReactNode) => view.rerender(wrap(content)) };
}

/** Everything a component was given, in order, and a wait for what is looked for. */
export class Seen<T> {
  readonly values: T[] = [];
  private readonly waiting = new Set<() => void>();

  readonly push = (value: T): void => {
    if (Object.is(this.values.at(-1), value)) return;
    this.values.push(value);
    for (const check of this.waiting) check();
  };

  get last(): T {
    return this.values.at(-1)!;
  }

  clear(): void {
    this.values.splice(0, this.values.length - 1);
  }

  /** Resolves once the last value is one that is looked for. */
  async until(isLookedFor: (value: T) => boolean): Promise<T> {
    return await new Promise((resolve) => {
      const check = () => {
        const last = this.values.at(-1);
        if (last === undefined || !isLookedFor(last)) return;
        this.waiting.delete(check);
        resolve(last);
      };
      this.waiting.add(check);
      check();
    });
  }
}
