import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to the backend that a test can break. */
export interface Relay {
  url: string;
  /**
   * "open" passes all, "http" refuses WebSockets, "mute" accepts them and never answers, "none"
   * refuses all.
   */
  setMode: (mode: RelayMode) => void;
  /** Drops every connection there is. */
  drop: () => void;
  close: () => Promise<void>;
}

type RelayMode = "open" | "http" | "mute" | "none";

const UPGRADE = /^upgrade: websocket/im;

/** Listens on a free port and passes connections on to `target`. */
export async function startRelay(target: string): Promise<Relay> {
  let mode: RelayMode = "open";
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    sockets.add(incoming);
    incoming.on("close", () => sockets.delete(incoming)).on("error", () => incoming.destroy());
    incoming.once("data", (head: Buffer) => {
      const isSocket = UPGRADE.test(head.toString("latin1"));
      if (mode === "none" || (mode === "http" && isSocket)) {
        incoming.destroy();
        return;
      }
      const outgoing = connect(Number(new URL(target).port), "127.0.0.1");
      outgoing.on("error", () => incoming.destroy()).on("close", () => incoming.destroy());
      incoming.on("close", () => outgoing.destroy());
      outgoing.write(head);
      incoming.pipe(outgoing);
      if (mode === "mute" && isSocket) outgoing.once("data", (reply) => incoming.write(reply));
      else outgoing.pipe(incoming);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on a port has one
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${String(port)}`,
    setMode: (next) => {
      mode = next;
    },
    drop,
    close: async () => {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
