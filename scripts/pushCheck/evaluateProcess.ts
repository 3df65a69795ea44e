import { SourceTextModule, SyntheticModule, type Context, type Module } from "node:vm";
import { posix } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Variables } from "../localBackend/authConfig";
import type {
  EvaluatedComponent,
  EvaluatedFunction,
  EvaluatedModule,
  Evaluation,
  EvaluationRequest,
  Outcome,
} from "./evaluation";
import { createIsolateContext } from "./isolate";
import { isChunk, type PushedComponent, type PushedModule } from "./push";

// The process behind `Evaluator`: it needs a flag of Node.js.

const AUTH_CONFIG = "auth.config.js";
const COMPONENT_PREFIX = "_componentDeps/";
/** Called behind the last line of each module. */
const END_MARK = "__endOfModule";

type Namespace = Record<string, unknown>;

/** Imports the modules of a component into one context, each once. */
class Importer {
  private readonly sources: ReadonlyMap<string, string>;
  private readonly context: Context;
  private readonly loaded = new Map<string, Module>();
  /** What the module was refused; it may have caught the error. */
  private readonly refusals: string[] = [];
  /** Modules that ran to their end without waiting for anything. */
  private readonly ended = new Set<string>();

  constructor(
    modules: readonly PushedModule[],
    private readonly timeoutMs: number,
    authVariables?: Variables,
  ) {
    this.sources = new Map(modules.map(({ path, source }) => [path, source]));
    this.context = createIsolateContext(
      authVariables ?? {},
      authVariables !== undefined,
      (reason) => this.refusals.push(reason),
    );
    this.context[END_MARK] = (path: string) => this.ended.add(path);
  }

  /** @throws what the module throws, or why it cannot be linked. */
  async importEntry(path: string): Promise<Namespace> {
    const entry = this.load(path);
    if (entry.status === "unlinked") {
      await entry.link((specifier, { identifier }) => this.loadImported(specifier, identifier));
    }
    this.refusals.length = 0;
    const evaluated = entry.evaluate({ timeout: this.timeoutMs });
    // Convex looks at once, before anything that is awaited can go on.
    const hasEnded = this.ended.has(path);
    const end = await Promise.race([
      evaluated.then(
        () => null,
        (error: unknown) => ({ error }),
      ),
      setImmediate("awaiting" as const),
    ]);
    const [refusal] = this.refusals;
    if (refusal !== undefined) throw new Error(refusal);
    if (end !== null && end !== "awaiting") throw end.error;
    if (end === "awaiting" || !hasEnded) {
      throw new Error("awaits at its top level, which Convex does not support");
    }
    return entry.namespace as Namespace; // of an evaluated module
  }

  private loadImported(specifier: string, importer: string): Module {
    const isRelative = specifier.startsWith(".");
    const module = this.load(
      isRelative ? posix.join(posix.dirname(importer), specifier) : specifier,
    );
    if (module.status === "errored") throw module.error;
    return module;
  }

  private load(path: string): Module {
    const known = this.loaded.get(path);
    if (known !== undefined) return known;
    const module = this.compile(path);
    this.loaded.set(path, module);
    return module;
  }

  private compile(path: string): Module {
    if (path.startsWith(COMPONENT_PREFIX)) return componentStandIn(path, this.context);
    const source = this.sources.get(path);
    if (source === undefined) throw new Error(`imports ${path}, which is not pushed`);
    const marked = `${source}\n;${END_MARK}(${JSON.stringify(path)});`;
    return new SourceTextModule(marked, { context: this.context, identifier: path });
  }
}

/** What a definition gets when it imports the definition of a component it uses. */
function componentStandIn(path: string, context: Context): Module {
  const definitionPath = Buffer.from(path.slice(COMPONENT_PREFIX.length), "base64url").toString();
  const definition = {
    export: () => ({}),
    componentDefinitionPath: definitionPath,
    defaultName: "component",
  };
  const module = new SyntheticModule(["default"], () => module.setExport("default", definition), {
    context,
    identifier: path,
  });
  return module;
}

async function evaluateModule(importer: Importer, path: string): Promise<EvaluatedModule> {
  const nothing = { path, exportCount: 0, functions: [], cronsJson: null };
  try {
    const namespace = await importer.importEntry(path);
    if (path === "http.js") defaultExport(namespace, "isRouter");
    return {
      path,
      error: null,
      exportCount: Object.keys(namespace).length,
      functions: Object.entries(namespace).flatMap(describeFunction),
      cronsJson: path === "crons.js" ? exportJson(namespace) : null,
    };
  } catch (error) {
    return { ...nothing, error: messageOf(error) };
  }
}

/** What a deployment takes for a function: an export that says of which kind it is. */
function describeFunction([name, value]: [string, unknown]): EvaluatedFunction[] {
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) return [];
  const has = (mark: string) => mark in value;
  if (!["isQuery", "isMutation", "isAction"].some(has)) return [];
  const { exportArgs, exportReturns } = value as Record<string, (() => string) | undefined>;
  // What a function takes and returns is read from JSON; an error in it ends the push.
  for (const validator of [exportArgs?.(), exportReturns?.()]) JSON.parse(validator ?? "null");
  const visibility = has("isPublic") ? "public" : has("isInternal") ? "internal" : "none";
  return [{ name, visibility }];
}

/** A default export that has the mark of the right kind. */
function defaultExport(namespace: Namespace, mark: string): Record<string, unknown> {
  const exported = namespace["default"] as Record<string, unknown> | undefined;
  if (exported?.[mark] !== undefined) return exported;
  throw new Error(`must export by default what Convex's own function makes (with ${mark})`);
}

/** What the `export` method of a default export gives: schema, definition and crons have one. */
function exportJson(namespace: Namespace): string {
  const exported = defaultExport(namespace, "export");
  const json: unknown = (exported["export"] as () => unknown).call(exported);
  return typeof json === "string" ? json : JSON.stringify(json);
}

async function toOutcome(evaluate: () => Promise<string>): Promise<Outcome> {
  try {
    return { json: await evaluate(), error: null };
  } catch (error) {
    return { json: null, error: messageOf(error) };
  }
}

/** An error of another context is no `Error` of this one. */
function messageOf(error: unknown): string {
  const { name, message } = error as { name?: string; message?: string };
  if (message === undefined) return String(error);
  return name === undefined || name === "Error" ? message : `${name}: ${message}`;
}

/** Schema and definition import no other module, and have no variables. */
async function evaluateAlone(
  module: PushedModule | null,
  timeoutMs: number,
): Promise<Outcome | null> {
  if (module === null) return null;
  const importer = new Importer([module], timeoutMs);
  return await toOutcome(async () => exportJson(await importer.importEntry(module.path)));
}

async function evaluateComponent(
  component: PushedComponent,
  timeoutMs: number,
): Promise<EvaluatedComponent> {
  const importer = new Importer(component.modules, timeoutMs);
  const modules: EvaluatedModule[] = [];
  for (const module of component.modules) {
    const isEntry = !isChunk(module) && module.path !== AUTH_CONFIG;
    // What needs Node.js is refused by a rule of its own.
    if (!isEntry || module.environment === "node") continue;
    modules.push(await evaluateModule(importer, module.path));
  }
  return {
    modules,
    schema: await evaluateAlone(component.schema, timeoutMs),
    definition: await evaluateAlone(component.definition, timeoutMs),
  };
}

async function evaluatePush(request: EvaluationRequest): Promise<Evaluation> {
  const { push, authEnvironments, importTimeoutMs } = request;
  const components: EvaluatedComponent[] = [];
  for (const component of push) {
    components.push(await evaluateComponent(component, importTimeoutMs));
  }
  const authConfig = push[0]?.modules.find(({ path }) => path === AUTH_CONFIG);
  const auth: Outcome[] = [];
  for (const variables of authConfig === undefined ? [] : authEnvironments) {
    const importer = new Importer([authConfig!], importTimeoutMs, variables);
    const evaluate = async () =>
      JSON.stringify((await importer.importEntry(AUTH_CONFIG))["default"] ?? null);
    auth.push(await toOutcome(evaluate));
  }
  return { components, auth };
}

process.on("message", (request: EvaluationRequest) => {
  void evaluatePush(request).then((evaluation) => process.send?.(evaluation));
});
