import type { IncomingMessage, ServerResponse } from "node:http";
import { RefusedMutation } from "./functions";
import type { OriginPolicy } from "./origins";

/** Convex's bound on a function's arguments, and room for what surrounds them. */
const MAX_BODY_BYTES = 20 * 2 ** 20;

/** A request that is answered with a status and a message instead of a result. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The path of a request, without its query. @throws HttpError where its URL is malformed. */
export function pathOf({ url = "/" }: IncomingMessage): string {
  // "//" would be read as a host.
  const path = url.startsWith("/") ? `http://localhost${url}` : url;
  if (!URL.canParse(path)) throw new HttpError(400, "BadUrl", "The request's URL is malformed.");
  return new URL(path).pathname;
}

/** @throws HttpError where the request comes from elsewhere. */
export function requireOrigin(policy: OriginPolicy, request: IncomingMessage): void {
  const refusal = policy.refusal(request);
  if (refusal !== null) throw new HttpError(403, "OriginNotAllowed", refusal);
}

/** @throws HttpError where the body is too large, and an error where the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // The connection stays open, so that the answer arrives.
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const part of parts) {
    length += part.length;
    if (length > MAX_BODY_BYTES) {
      const message = `A request may have ${String(MAX_BODY_BYTES)} bytes.`;
      throw new HttpError(413, "TooLarge", message);
    }
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** Answers a request that failed, unless its answer has begun. */
export function sendError(response: ServerResponse, error: unknown): void {
  const isAnswer = error instanceof HttpError || error instanceof RefusedMutation;
  const { status, code } = isAnswer ? error : { status: 500, code: "InternalServerError" };
  const message = error instanceof Error ? error.message : String(error);
  sendJson(response, status, { code, message });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // Reads the rest of a body that nobody wants: a connection that is closed while its client still
  // writes loses the answer.
  response.req.resume();
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
