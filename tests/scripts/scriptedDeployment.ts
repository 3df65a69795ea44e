import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a function answers. A text refuses with this message, null drops the connection. */
export type ScriptedAnswer = object | string | null;

export interface ScriptedDeployment {
  url: string;
  /** The functions that were called, in order. */
  calls: { path: string; args: unknown; authorization: string | undefined }[];
  close: () => void;
}

/**
 * Answers calls of functions with the answers of a test, for what a real backend does not do on
 * demand. The last answer of a function is repeated.
 */
export async function startScriptedDeployment(
  script: Readonly<Record<string, readonly ScriptedAnswer[]>>,
): Promise<ScriptedDeployment> {
  const calls: ScriptedDeployment["calls"] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const call = JSON.parse(body) as { path: string; args: unknown }; // of a Convex client
      const { path } = call;
      const answers = script[path] ?? [`there is no function ${path}`];
      const index = calls.filter((earlier) => earlier.path === path).length;
      calls.push({ ...call, authorization: request.headers.authorization });
      const answer = answers[Math.min(index, answers.length - 1)];
      if (answer === null || answer === undefined) {
        response.destroy();
        return;
      }
      const isRefused = typeof answer === "string";
      response.writeHead(isRefused ? 560 : 200, { "Content-Type": "application/json" });
      const outcome = isRefused
        ? { status: "error", errorMessage: answer }
        : { status: "success", value: answer };
      response.end(JSON.stringify({ ...outcome, logLines: [] }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on a port has one
  return { url: `http://127.0.0.1:${String(port)}`, calls, close: () => void server.close() };
}
