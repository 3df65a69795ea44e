import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { JSONValue } from "convex/values";
import { z } from "zod";
import { AuthenticationError } from "./auth";
import { identify, parseAuthorization, type Backend } from "./backend";
import type { Caller, FunctionType } from "./functions";
import { HttpError, pathOf, readBody, requireOrigin, sendError, sendJson } from "./httpRequests";
import { isRecord, parseJson } from "./json";
import type { OriginPolicy } from "./origins";
import { encodeTimestamp } from "./syncProtocol";

/** What Convex answers where the function itself failed. */
const FUNCTION_FAILED = 560;

const FUNCTION_ROUTES = new Map<string, FunctionType | null>([
  ["/api/query", "query"],
  ["/api/query_at_ts", "query"],
  ["/api/mutation", "mutation"],
  ["/api/action", "action"],
  ["/api/function", null],
]);

/** What arrives was JSON, so its fields are JSON values. */
const jsonObject = z.custom<Record<string, JSONValue>>(isRecord, "arguments are one object");

const functionCall = z.object({
  path: z.string('the body needs a "path" such as "module:function"').min(1),
  args: z.union([z.array(jsonObject).max(1), jsonObject], "arguments are one object").default({}),
  componentPath: z.string().nullish(),
});

/** Convex's HTTP API: what `ConvexHttpClient` and `npx convex run` speak. */
export function serveApi(server: Server, backend: Backend, policy: OriginPolicy): void {
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(backend, policy, request, response).catch((error: unknown) => {
      const isUnknownUser = error instanceof AuthenticationError;
      const failure = isUnknownUser ? new HttpError(401, "Unauthenticated", error.message) : error;
      sendError(response, failure);
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
  allowOrigin(request, response);
  const path = pathOf(request);
  const functionType = FUNCTION_ROUTES.get(path);
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
  } else if (path === "/version" || path === "/instance_name") {
    response.writeHead(200).end("local");
  } else if (path === "/api/query_ts") {
    sendJson(response, 200, { ts: encodeTimestamp(backend.engine.timestamp) });
  } else if (functionType !== undefined) {
    await runFunction(backend, request, response, functionType);
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
  if (request.method !== "POST") {
    throw new HttpError(405, "MethodNotAllowed", "Functions are called with POST.");
  }
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

/** @throws AuthenticationError where the request's credentials are not accepted. */
export async function callerOf(backend: Backend, request: IncomingMessage): Promise<Caller> {
  const credentials = parseAuthorization(request.headers.authorization, backend.adminKey);
  return await identify(backend, credentials);
}

/** `args` is a list of one object, or the object itself. */
function parseCall(body: Buffer): { path: string; args: JSONValue } {
  const { success, data: call, error } = functionCall.safeParse(parseBody(body));
  if (!success) {
    const [issue] = error.issues;
    throw new HttpError(400, "BadRequest", `Invalid call: ${issue?.message ?? "unknown reason"}`);
  }
  const { path, args, componentPath } = call;
  if (typeof componentPath === "string" && componentPath !== "") {
    const message = `The local backend runs functions of the app, not of ${componentPath}.`;
    throw new HttpError(400, "LocalBackend", message);
  }
  return { path, args: Array.isArray(args) ? (args[0] ?? {}) : args };
}

function parseBody(body: Buffer): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new HttpError(400, "BadJson", "The request's body is not JSON.");
  }
}

function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*");
  response.setHeader("Access-Control-Allow-Headers", "Content-Type, Authorization, Convex-Client");
  response.setHeader("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Vary", "Origin");
}
