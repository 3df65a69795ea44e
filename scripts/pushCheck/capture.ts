import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync } from "node:zlib";
import { CommandError } from "../console/commandError";
import { convexCli } from "../convexCli";
import { parsePush, type Push } from "./push";

/** Where the CLI sends the code. It asks a deployment for more before, and can do without. */
const PUSH_PATHS = ["/api/deploy2/evaluate_push", "/api/deploy2/start_push"];
const NO_CODE_YET = { config: { functions: "convex/", authInfo: [] }, moduleHashes: [] };

/**
 * What `npx convex deploy` pushes from a project. The real CLI runs, and this process poses as its
 * deployment on a loopback port; nothing leaves the machine and no file is written.
 *
 * @throws Error with the CLI's output where it ends without a push, as it does when it cannot
 *   bundle the code.
 */
export async function capturePush(projectDirectory: string): Promise<Push> {
  const standIn = createServer().listen(0, "127.0.0.1");
  const pushed = answerUntilPush(standIn);
  await once(standIn, "listening");
  const { port } = standIn.address() as AddressInfo; // a server that listens on a port has one
  const cli = startDeploy(projectDirectory, `http://127.0.0.1:${port}`);
  try {
    return parsePush(await Promise.race([pushed, cli.ended]));
  } finally {
    cli.stop();
    standIn.closeAllConnections();
    standIn.close();
  }
}

/** Answers as a deployment that has no code yet. @returns the body of the first push. */
async function answerUntilPush(standIn: Server): Promise<string> {
  for await (const [request, response] of on(standIn, "request") as AsyncIterable<
    [IncomingMessage, ServerResponse]
  >) {
    const path = request.url ?? "";
    const body = await readBody(request);
    const isHashes = path === "/api/get_config_hashes";
    response.writeHead(isHashes ? 200 : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(isHashes ? NO_CODE_YET : { code: "NotFound", message: path }));
    if (PUSH_PATHS.includes(path)) return body;
  }
  throw new Error("The stand-in deployment was closed");
}

/** @returns `ended` rejects with the CLI's output when it ends. */
function startDeploy(projectDirectory: string, url: string) {
  const cli = convexCli(projectDirectory);
  const options = ["--url", url, "--admin-key", "none", "--typecheck", "disable"];
  const child = spawn(process.execPath, [cli, "deploy", ...options, "--codegen", "disable"], {
    cwd: projectDirectory,
    env: withoutDeployment(process.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => output.push(chunk));
  }
  const ended = once(child, "close").then((): never => {
    throw new CommandError(
      `npx convex deploy pushed nothing:\n${Buffer.concat(output).toString()}`,
    );
  });
  // Nobody waits for it once the push is there.
  ended.catch(() => undefined);
  return { ended, stop: () => child.kill() };
}

/** A key or name of a real deployment would win over, or contradict, the stand-in's address. */
function withoutDeployment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith("CONVEX_"));
  return Object.fromEntries(kept);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const isCompressed = request.headers["content-encoding"] === "br";
  return (isCompressed ? brotliDecompressSync(body) : body).toString("utf8");
}
