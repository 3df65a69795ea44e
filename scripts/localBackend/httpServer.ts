import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { JSONValue } from "convex/values";
import { AuthenticationError } from "./auth";
import { identify, parseAuthorization, type Backend } from "./backend";
import { RefusedMutation, type Caller, type FunctionType } from "./functions";
import { encodeTimestamp } from "./syncProtocol";

/** What Convex answers where the function itself failed. */
const FUNCTION_FAILED = 560;
/** Convex's bound on a function's arguments, and room for what surrounds them. */
const MAX_BODY_BYTES = 20 * 2 ** 20;

const FUNCTION_ROUTES: Record<string, FunctionType | null> = {
  "/api/query": "query",
  "/api/query_at_ts": "query",
  "/api/mutation": "mutation",
  "/api/action": "action",
  "/api/function": null,
};

/** A request that is answered with a status and a message instead of a result. */
class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Convex's HTTP API: what `ConvexHttpClient` and `npx convex run` speak. */
export function createApiServer(backend: Backend): Server {
  return createServer((request, response) => {
    answer(backend, request, response).catch((error: unknown) => {
      if (error instanceof AuthenticationError) {
        sendJson(response, 401, { code: "Unauthenticated", message: error.message });
        return;
      }
      const { status, code } =
        error instanceof HttpError || error instanceof RefusedMutation
          ? error
          : { status: 500, code: "InternalServerError" };
      const message = error instanceof Error ? error.message : String(error);
      sendJson(response, status, { code, message });
    });
  });
}

async function answer(
  backend: Backend,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  allowOrigins(request, response);
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
  } else if (path === "/version") {
    response.writeHead(200).end("local");
  } else if (path === "/instance_name") {
    response.writeHead(200).end("local");
  } else if (path === "/api/query_ts") {
    sendJson(response, 200, { ts: encodeTimestamp(backend.engine.timestamp) });
  } else if (path in FUNCTION_ROUTES) {
    await runFunction(backend, request, response, FUNCTION_ROUTES[path] ?? null);
  } else if (/^\/api\/(deploy|push|prepare|shapes|get_config)/.test(path)) {
    throw new HttpError(
      400,
      "LocalBackend",
      "The local backend takes its functions from the convex folder when it starts: restart it " +
        "instead of pushing. To deploy, point `npx convex` at a real deployment.",
    );
  } else {
    throw new HttpError(404, "NotFound", `The local backend has no ${path}.`);
  }
}

async function runFunction(
  backend: Backend,
  request: IncomingMessage,
  response: ServerResponse,
  expected: FunctionType | null,
): Promise<void> {
  const caller = await callerOf(backend, request);
  const { path, args } = parseCall(await readBody(request));
  const outcome =
    path === "_system/cli/modules:apiSpec" && caller.isAdmin
      ? { isSuccess: true as const, value: await functionSpecJson(backend), logLines: [] }
      : await backend.runner.run(caller, path, args, expected);
  const { logLines } = outcome;
  if (outcome.isSuccess) {
    sendJson(response, 200, { status: "success", value: outcome.value, logLines });
  } else {
    const { errorMessage, errorData } = outcome;
    const data = errorData === undefined ? {} : { errorData };
    sendJson(response, FUNCTION_FAILED, { status: "error", errorMessage, ...data, logLines });
  }
}

async function functionSpecJson(backend: Backend): Promise<JSONValue> {
  return (await backend.functionSpec()).map((spec) => ({ ...spec }));
}

export async function callerOf(backend: Backend, request: IncomingMessage): Promise<Caller> {
  const credentials = parseAuthorization(request.headers.authorization, backend.adminKey);
  return await identify(backend, credentials);
}

/** `args` is a list of one object, or the object itself. */
function parseCall(body: Buffer): { path: string; args: JSONValue } {
  let call: { path?: unknown; args?: JSONValue; componentPath?: string | null } | null;
  try {
    call = JSON.parse(body.toString("utf8")) as typeof call;
  } catch {
    throw new HttpError(400, "BadJson", "The request's body is not JSON.");
  }
  if (typeof call?.path !== "string") {
    throw new HttpError(400, "BadRequest", 'The body needs a "path" such as "module:function".');
  }
  const { args = {}, componentPath } = call;
  if (typeof componentPath === "string" && componentPath !== "") {
    const message = `The local backend runs functions of the app, not of ${componentPath}.`;
    throw new HttpError(400, "LocalBackend", message);
  }
  return { path: call.path, args: Array.isArray(args) ? (args[0] ?? {}) : args };
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw new HttpError(413, "TooLarge", `A request may have ${String(MAX_BODY_BYTES)} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function allowOrigins(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*");
  response.setHeader("Access-Control-Allow-Headers", "Content-Type, Authorization, Convex-Client");
  response.setHeader("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Vary", "Origin");
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
