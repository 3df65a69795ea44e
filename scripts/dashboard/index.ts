import { existsSync } from "node:fs";
import { join } from "node:path";
import type { InlineConfig } from "vite";
import type { LocalBackend } from "../localBackend";
import { developmentSession } from "./developmentSession";

// Vite takes a second to load, which a command that does not show the page need not wait for.
const loadVite = () => import("vite");

const ROOT = join(import.meta.dirname, "../..");
const HOST = "127.0.0.1";

export interface Dashboard {
  url: string;
  close: () => Promise<void>;
}

interface DashboardOptions {
  backend: Pick<LocalBackend, "url" | "mintToken">;
  userId: string;
  /** Of the user's token, beyond their id. */
  claims?: Record<string, unknown>;
  /** The next free one is taken where it is not free; 0 takes any. */
  port: number;
  /** Whether to open it in the browser. */
  isOpened?: boolean;
}

const BASE: InlineConfig = { configFile: join(ROOT, "vite.config.ts"), logLevel: "warn" };

/** Claims of who may see the operations view. */
export const OPERATOR = { role: "admin" };

/** Builds the page into `dist`. */
export async function buildDashboard(): Promise<void> {
  const { build } = await loadVite();
  await build(BASE);
}

/** Serves the built page, signed in as a user of the local backend. */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  if (!existsSync(join(ROOT, "dist/index.html"))) await buildDashboard();
  const { preview } = await loadVite();
  const server = await keepingSignals(
    async () => await preview({ ...BASE, ...configOf(options), preview: listenOf(options) }),
  );
  return { url: urlOf(server.resolvedUrls), close: () => server.close() };
}

/** Serves the page from its sources, with changes showing at once. */
export async function serveSources(options: DashboardOptions): Promise<Dashboard> {
  const { createServer } = await loadVite();
  const server = await keepingSignals(
    async () => await createServer({ ...BASE, ...configOf(options), server: listenOf(options) }),
  );
  await server.listen();
  return { url: urlOf(server.resolvedUrls), close: () => server.close() };
}

/** Vite ends the process on SIGTERM by itself; here the backend is to be closed as well. */
async function keepingSignals<T>(start: () => Promise<T>): Promise<T> {
  const before = process.listeners("SIGTERM");
  const started = await start();
  for (const listener of process.listeners("SIGTERM")) {
    if (!before.includes(listener)) process.off("SIGTERM", listener);
  }
  return started;
}

function configOf({ backend, userId, claims }: DashboardOptions): InlineConfig {
  return { plugins: [developmentSession(backend, userId, claims)] };
}

function listenOf({ port, isOpened = false }: DashboardOptions) {
  return { host: HOST, port, strictPort: false, open: isOpened };
}

function urlOf(urls: { local: string[] } | null): string {
  const url = urls?.local[0];
  if (url === undefined) throw new Error("the dashboard's server listens on no address");
  return url;
}
