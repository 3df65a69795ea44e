import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { loadApp, type Definition } from "./componentDefinitions";
import { convexCli } from "./convexCli";

// Writes convex/_generated as `npx convex dev` does, without a deployment. Convex's CLI asks one
// what it found in the code that is pushed; here a stand-in answers. What the generated code needs
// of the answer, the app's components and environment variables, stands in convex.config.ts.

const ROOT = join(import.meta.dirname, "..");
const CONVEX_DIRECTORY = join(ROOT, "convex");

/** The answer to a push, as far as the CLI looks at it. */
function describePush(app: Definition) {
  const { childComponents, ...definition } = app.export();
  const components = childComponents.map((component) => ({
    ...component,
    path: relative(CONVEX_DIRECTORY, component.path),
  }));
  return {
    environmentVariables: {},
    externalDepsId: null,
    componentDefinitionPackages: {},
    appAuth: [],
    analysis: {
      "": {
        definition: { ...definition, path: "", childComponents: components },
        functions: {},
        udfConfig: { serverVersion: "" },
      },
    },
    app: {
      definitionPath: "",
      componentPath: "",
      args: {},
      childComponents: {},
      httpRoutes: { httpModuleRoutes: null, mounts: [] },
      exports: {},
    },
    schemaChange: {},
  };
}

/** Answers the CLI as a deployment that has no code yet. */
function createStandIn(app: Definition): Server {
  const answers: Record<string, unknown> = {
    "/api/get_config_hashes": { config: { functions: "convex/" }, moduleHashes: [] },
    "/api/deploy2/start_push": describePush(app),
  };
  return createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    request.resume().once("end", () => {
      response.writeHead(answer === undefined ? 404 : 200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer ?? { code: "NotFound", message: request.url }));
    });
  });
}

async function main(): Promise<number> {
  const app = await loadApp(CONVEX_DIRECTORY);
  if (app === null) throw new Error(`There is no convex.config.ts in ${CONVEX_DIRECTORY}`);
  const standIn = createStandIn(app).listen(0, "127.0.0.1");
  await once(standIn, "listening");
  const { port } = standIn.address() as AddressInfo; // a server that listens on a port has one
  const url = `http://127.0.0.1:${String(port)}`;
  const options = ["--url", url, "--admin-key", "none", "--typecheck", "disable"];
  const cli = spawn(process.execPath, [convexCli(ROOT), "codegen", ...options], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const [code] = (await once(cli, "close")) as [number | null]; // null where a signal ended it
  standIn.close();
  return code ?? 1;
}

process.exitCode = await main();
