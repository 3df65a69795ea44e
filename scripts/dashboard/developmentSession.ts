import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import type { LocalBackend } from "../localBackend";

/** Names this machine goes by: no other page can have its requests answered under them. */
const LOCAL_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/** Tells the page where the local backend is, and signs it in as `userId`. */
export function developmentSession(
  backend: Pick<LocalBackend, "url" | "mintToken">,
  userId: string,
  claims: Record<string, unknown> = {},
): Plugin {
  const install = (middlewares: Connect.Server) => {
    const session = async () => ({
      url: backend.url,
      token: await backend.mintToken(userId, claims),
    });
    middlewares.use("/development/session", answer(session));
  };
  return {
    name: "development-session",
    configureServer: ({ middlewares }) => install(middlewares),
    configurePreviewServer: ({ middlewares }) => install(middlewares),
  };
}

function answer(value: () => Promise<unknown>) {
  return (request: IncomingMessage, response: ServerResponse, next: (error: unknown) => void) => {
    if (!LOCAL_HOST.test(request.headers.host ?? "")) {
      response.writeHead(403).end();
      return;
    }
    value().then((body) => {
      response.setHeader("Content-Type", "application/json");
      response.setHeader("Cache-Control", "no-store");
      response.end(JSON.stringify(body));
    }, next);
  };
}
