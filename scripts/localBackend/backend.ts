import type { GenericSchema, SchemaDefinition } from "convex/server";
import type { JSONValue } from "convex/values";
import { AuthenticationError, expiryOf, isSameKey, verifyToken, type Identity } from "./auth";
import { loadAuthConfig, type Provider } from "./authConfig";
import { mountComponents } from "./components";
import { describeConflict } from "./conflicts/retries";
import { cronJobsOf, startCrons } from "./crons";
import { Engine } from "./engine";
import {
  ANONYMOUS,
  FunctionRunner,
  registeredType,
  type Caller,
  type RegisteredFunction,
} from "./functions";
import { isRecord, parseJson } from "./json";
import { routeConsole } from "./logs";
import { findModules, importDefault, type ModuleLoaders } from "./modules";
import { Subscriptions } from "./subscriptions";
import { installLongTimers } from "./timers";

/** All that runs, without a way to reach it: HTTP and WebSocket are put in front. */
export interface Backend {
  engine: Engine;
  runner: FunctionRunner;
  subscriptions: Subscriptions;
  providers: readonly Provider[];
  adminKey: string;
  functionSpec: () => Promise<FunctionSpec[]>;
  stop: () => Promise<void>;
}

/** A function as `npx convex run` asks for it. */
export interface FunctionSpec {
  functionType: string;
  identifier: string;
}

/** Who stands behind what an Authenticate message carries. */
export type Authenticator = (credentials: Credentials) => Promise<Caller>;

export type Credentials =
  | { tokenType: "None" }
  | { tokenType: "User"; value: string }
  | { tokenType: "Admin"; value: string; impersonating?: Record<string, unknown> };

const CRONS = "./crons.ts";

export async function startBackend(options: {
  convexDirectory: string;
  adminKey: string;
  withCrons: boolean;
  onLog: (line: string) => void;
}): Promise<Backend> {
  installLongTimers();
  const { convexDirectory, adminKey } = options;
  const providers = await loadAuthConfig(convexDirectory, process.env);
  const modules = findModules(convexDirectory, (module) => module);
  const schema = (await importDefault(convexDirectory, "schema.ts")) as SchemaDefinition<
    GenericSchema,
    boolean
  >; // what convex/schema.ts exports by default is one
  const components = await mountComponents(convexDirectory);
  const engine = Engine.start(schema, modules, components, (conflict) =>
    options.onLog(describeConflict(conflict)),
  );
  routeConsole();
  const runner = new FunctionRunner(engine, (path) => loadModule(modules, path), options.onLog);
  const jobs = cronJobsOf(await importDefault(convexDirectory, CRONS));
  const admin: Caller = { isAdmin: true, identity: null };
  const stopCrons = startCrons(options.withCrons ? jobs : [], async ({ name, args }) => {
    const execution = runner.newExecution({ isCron: true });
    const outcome = await runner.run(admin, name, args[0] ?? {}, null, execution);
    if (!outcome.isSuccess) options.onLog(`[ERROR] cron ${name}: ${outcome.errorMessage}`);
  });
  return {
    engine,
    runner,
    subscriptions: new Subscriptions(engine, runner),
    providers,
    adminKey,
    functionSpec: () => describeFunctions(modules),
    stop: async () => {
      stopCrons();
      await engine.stop();
    },
  };
}

async function loadModule(
  modules: ModuleLoaders,
  path: string,
): Promise<Record<string, unknown> | null> {
  const load = modules[`./${path}.ts`] ?? modules[`./${path}.js`] ?? modules[`./${path}.tsx`];
  if (load === undefined || path.startsWith("_generated/")) return null;
  return (await load()) as Record<string, unknown>; // a module's namespace
}

async function describeFunctions(modules: ModuleLoaders): Promise<FunctionSpec[]> {
  const specs: FunctionSpec[] = [];
  for (const [path, load] of Object.entries(modules)) {
    if (path.startsWith("./_generated/")) continue;
    const file = path.slice(2).replace(/\.[^.]+$/, ".js");
    for (const [name, value] of Object.entries((await load()) as Record<string, object>)) {
      const type = typeof value === "function" ? registeredType(value as RegisteredFunction) : null;
      if (type === null) continue;
      const functionType = type.charAt(0).toUpperCase() + type.slice(1);
      specs.push({ functionType, identifier: `${file}:${name}` });
    }
  }
  return specs;
}

/** @throws AuthenticationError */
export async function identify(backend: Backend, credentials: Credentials): Promise<Caller> {
  switch (credentials.tokenType) {
    case "None":
      return ANONYMOUS;
    case "User":
      return {
        isAdmin: false,
        identity: await verifyToken(credentials.value, backend.providers),
        expiresAt: expiryOf(credentials.value),
      };
    case "Admin": {
      if (!isSameKey(credentials.value, backend.adminKey)) {
        throw new AuthenticationError("BadAdminKey: this is not the admin key of this backend.");
      }
      const { impersonating } = credentials;
      return {
        isAdmin: true,
        identity: impersonating === undefined ? null : acting(impersonating),
      };
    }
  }
}

/** Credentials of an Authorization header: `Bearer JWT`, `Convex KEY` or `Convex KEY:identity`. */
export function parseAuthorization(header: string | undefined, adminKey: string): Credentials {
  const [scheme, value = ""] = (header ?? "").split(" ", 2);
  if (scheme === "Bearer") return { tokenType: "User", value };
  if (scheme !== "Convex") return { tokenType: "None" };
  const end = value.lastIndexOf(":");
  if (end === -1 || isSameKey(value, adminKey)) return { tokenType: "Admin", value };
  return {
    tokenType: "Admin",
    value: value.slice(0, end),
    impersonating: parseIdentity(value.slice(end + 1)),
  };
}

function parseIdentity(encoded: string): Record<string, unknown> {
  try {
    const identity = parseJson(Buffer.from(encoded, "base64").toString("utf8"));
    if (isRecord(identity)) return identity;
  } catch {
    // Refused below, like JSON that is no object.
  }
  throw new AuthenticationError("The identity after the admin key is not a JSON object in base64.");
}

function acting(claims: Record<string, unknown>): Identity {
  // What the CLI sends was JSON.
  const identity = claims as Record<string, JSONValue>;
  const { subject, issuer: givenIssuer } = identity;
  if (typeof subject !== "string" || subject === "") {
    throw new AuthenticationError(
      "The identity after the admin key needs a subject, a text that is not empty.",
    );
  }
  const issuer = typeof givenIssuer === "string" ? givenIssuer : "https://admin.invalid";
  return { ...identity, subject, issuer, tokenIdentifier: `${issuer}|${subject}` };
}
