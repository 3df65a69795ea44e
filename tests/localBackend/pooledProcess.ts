import { ConvexClient } from "convex/browser";
import { join } from "node:path";
import { WebSocket } from "ws";
import { startLocalBackend } from "../../scripts/localBackend";
import { api } from "../fixtures/pooledConvex/_generated/api";

// Runs one work to its end, and closes the backend while another is under way.

const backend = await startLocalBackend({
  convexDirectory: join(import.meta.dirname, "../fixtures/pooledConvex"),
  onLog: (line) => console.log(line),
});
const client = new ConvexClient(backend.url, {
  // `ws` implements the browser's interface; its type differs in details nobody uses here.
  webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
  logger: false,
});
await client.mutation(api.work.enqueue, { names: ["steady"] });
await new Promise<void>((resolve) => {
  client.onUpdate(api.work.outcomes, {}, ({ length }) => {
    if (length > 0) resolve();
  });
});
await client.mutation(api.work.enqueue, { names: ["failing"] });
await client.close();
await backend.close();
