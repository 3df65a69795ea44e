import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface AskedForAddress {
  method: string | undefined;
  path: string | undefined;
  authorization: string | undefined;
  client: string | undefined;
  body: unknown;
}

/** Stands in for Convex where its CLI asks for the address of a deploy key. */
export interface ProvisionHost {
  url: string;
  asked: AskedForAddress[];
  close: () => void;
}

/** @param answer the status and what is answered as JSON; a text goes out as it is. */
export async function startProvisionHost(
  answer: (deployKey: string) => { status?: number; json: unknown } | string | null,
): Promise<ProvisionHost> {
  const asked: AskedForAddress[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const body = JSON.parse(text) as { deployKey: string }; // of askAddress
      const { method, url: path, headers } = request;
      const { authorization } = headers;
      asked.push({ method, path, authorization, client: String(headers["convex-client"]), body });
      const given = answer(body.deployKey);
      if (given === null) {
        response.destroy();
      } else if (typeof given === "string") {
        response.end(given);
      } else {
        response.writeHead(given.status ?? 200, { "Content-Type": "application/json" });
        response.end(JSON.stringify(given.json));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on a port has one
  return { url: `http://127.0.0.1:${String(port)}`, asked, close: () => void server.close() };
}
