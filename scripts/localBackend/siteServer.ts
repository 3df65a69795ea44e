import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Backend } from "./backend";
import { HttpError, pathOf, readBody, requireOrigin, sendError } from "./httpRequests";
import { callerOf } from "./httpServer";
import type { OriginPolicy } from "./origins";

/** Methods that HTTP actions can be routed by. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** HTTP actions of convex/http.ts, on a port of their own as on a self-hosted backend. */
export function serveSite(server: Server, backend: Backend, policy: OriginPolicy): void {
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(backend, policy, request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const isMissing = message.includes("Could not find module"); // there is no convex/http.ts
      if (isMissing && !response.headersSent) {
        response.writeHead(404).end("No HTTP actions here.");
      } else {
        sendError(response, error);
      }
    });
  });
}

async function answer(
  backend: Backend,
  policy: OriginPolicy,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  requireOrigin(policy, request);
  const { method = "GET", url = "/" } = request;
  pathOf(request);
  if (!METHODS.has(method)) throw new HttpError(405, "MethodNotAllowed", `There is no ${method}.`);
  const identity = await identityOf(backend, request);
  const accessor =
    identity === null ? backend.engine.backend : backend.engine.backend.withIdentity(identity);
  const body = await readBody(request);
  const hasBody = body.length > 0 && method !== "GET" && method !== "HEAD";
  const answered = await accessor.fetch(url.startsWith("/") ? url : new URL(url).pathname, {
    method,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    ...(hasBody ? { body: new Uint8Array(body) } : {}),
  });
  const content = Buffer.from(await answered.arrayBuffer());
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(content);
}

/** Who signed in; null where the bearer is something else: HTTP actions have tokens of their own. */
async function identityOf(backend: Backend, request: IncomingMessage) {
  try {
    return (await callerOf(backend, request)).identity;
  } catch {
    return null;
  }
}
