import { createServer, type IncomingMessage, type Server } from "node:http";
import { callerOf, readBody } from "./httpServer";
import type { Backend } from "./backend";

/** Who signed in; nobody where the bearer is something else: HTTP actions have tokens of their own. */
async function identityOf(backend: Backend, request: IncomingMessage) {
  try {
    return (await callerOf(backend, request)).identity;
  } catch {
    return null;
  }
}

/** HTTP actions of convex/http.ts, on a port of their own as on a self-hosted backend. */
export function createSiteServer(backend: Backend): Server {
  return createServer((request, response) => {
    void (async () => {
      const identity = await identityOf(backend, request);
      const accessor =
        identity === null ? backend.engine.backend : backend.engine.backend.withIdentity(identity);
      const body = await readBody(request);
      const answer = await accessor.fetch(request.url ?? "/", {
        method: request.method ?? "GET",
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    })().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      // There is no convex/http.ts.
      const isMissing = message.includes("Could not find module");
      response.writeHead(isMissing ? 404 : 500).end(isMissing ? "No HTTP actions here." : message);
    });
  });
}
