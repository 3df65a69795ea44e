import type { Page, WebSocketRoute } from "playwright-core";
import type { LocalBackend } from "../../scripts/localBackend";
import { openPage, type OpenPage, type PageOptions } from "./support";

/** What a page and the backend say to each other. */
export interface Wire {
  /** Mutations the page has asked for, by name; its telemetry is kept from the backend. */
  mutations: string[];
  /** Passes on what was held back, and all that follows. */
  release: () => void;
}

export interface WireOptions {
  /** From the first message that matches on, the page hears nothing more until it is released. */
  holdAfter?: RegExp;
  /** Mutations that are answered with a refusal, by name. */
  refusals?: Record<string, { code: string; message: string }>;
  /** A mutation of whose answers the page hears nothing. */
  unanswered?: string;
}

interface Message {
  type: string;
  udfPath?: string;
  requestId?: number;
}

/** Opens the dashboard over a wire that is listened in on. */
export async function openTapped(
  backend: LocalBackend,
  userId: string,
  wireOptions: WireOptions = {},
  pageOptions: PageOptions = {},
): Promise<OpenPage & { wire: Wire }> {
  let wire: Wire | undefined;
  const prepare = async (page: Page) => {
    wire = await tap(page, wireOptions);
  };
  const opened = await openPage(backend, userId, { ...pageOptions, prepare });
  return { ...opened, wire: wire! };
}

/** Listens in on what a page that is not loaded yet will send and hear. */
export async function tap(page: Page, options: WireOptions = {}): Promise<Wire> {
  const { holdAfter = null, refusals = {}, unanswered = null } = options;
  const held: (() => void)[] = [];
  const lost = new Set<number | undefined>();
  let state: "open" | "held" | "released" = "open";
  const release = () => {
    state = "released";
    for (const pass of held.splice(0)) pass();
  };
  const wire: Wire = { mutations: [], release };
  await page.routeWebSocket(/sync/, (socket: WebSocketRoute) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const { type, udfPath = "", requestId } = JSON.parse(String(message)) as Message;
      // How reads were answered, kept for a day under a digest: not looked at here.
      if (udfPath === "telemetry:report") return;
      if (type === "Mutation") wire.mutations.push(udfPath);
      if (udfPath === unanswered) lost.add(requestId);
      const refusal = refusals[udfPath];
      if (refusal === undefined) server.send(message);
      else socket.send(refusedBy(refusal, requestId));
    });
    server.onMessage((message) => {
      const { type, requestId } = JSON.parse(String(message)) as Message;
      if (type === "MutationResponse" && lost.has(requestId)) return;
      if (state === "held") held.push(() => socket.send(message));
      else socket.send(message);
      if (state === "open" && holdAfter?.test(String(message)) === true) state = "held";
    });
  });
  return wire;
}

function refusedBy(errorData: object, requestId: number | undefined): string {
  const answer = { requestId, success: false, result: "refused", errorData, logLines: [] };
  return JSON.stringify({ type: "MutationResponse", ...answer });
}
