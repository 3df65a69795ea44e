import { z } from "zod";
import { numbers } from "../console/text";
import type { Finding, RehearsedPush } from "./finding";
import { IDENTIFIER, IDENTIFIER_RULE } from "./finding";
import { allModules, isChunk, nameModule, type Push, type PushedComponent } from "./push";

/** Convex's limit on code, documented as one for the whole deployment; there is none per module. */
export const MAX_CODE_BYTES = 32 * 2 ** 20;
/** Convex's limit on modules of the app, shared chunks not counted. */
const MAX_MODULES = 4_096;
const MAX_PATH_PART_CHARACTERS = 64;

/** What may be part of the app's bundles: the rest of the project is for browsers and terminals. */
const PUSHED_FOLDERS = ["convex/", "src/engine/", "src/takeout/"];
/** Single files that backend and importer share. */
const PUSHED_FILES = ["src/text.ts", "src/importer/receipt.ts"];
const PUSHED_PACKAGES = [
  "@convex-dev/workpool",
  "@noble/hashes",
  "convex",
  "convex-helpers",
  "zod",
];

const TEST_FILE = /(^|\/)(tests?|__tests__|fixtures|mocks)\/|[._](test|spec)\.[jt]sx?$/;
const NOT_A_MODULE = /(^|\/)scripts\/|\.d\.[jt]s$/;

/** Rules on the names, kinds and exports of modules and functions. */
export function* checkModules({ push, evaluation }: RehearsedPush): Generator<Finding> {
  for (const [index, component] of push.entries()) {
    for (const module of component.modules) {
      const where = nameModule(component, module.path);
      yield* checkPath(where, module.path);
      if (module.environment === "node") {
        yield { where, problem: 'has "use node": this module runs in Convex\'s own runtime only' };
      }
    }
    for (const { path, error, exportCount, functions } of evaluation.components[index]!.modules) {
      const where = nameModule(component, path);
      if (error === null && exportCount === 0) {
        yield { where, problem: "exports nothing, so it is pushed for nothing" };
      }
      for (const { name } of functions.filter((named) => !IDENTIFIER.test(named.name))) {
        yield { where: `${where}, function ${name}`, problem: IDENTIFIER_RULE };
      }
    }
  }
}

const definitionJson = z.object({
  name: z.string().optional(),
  childComponents: z.array(z.looseObject({ name: z.string() })).default([]),
});

/** Rules on the names of components: where they are defined, and where they are used. */
export function* checkComponentNames({ push, evaluation }: RehearsedPush): Generator<Finding> {
  for (const [index, component] of push.entries()) {
    const json = evaluation.components[index]?.definition?.json;
    if (typeof json !== "string") continue;
    const { name, childComponents } = definitionJson.parse(JSON.parse(json));
    const where = nameModule(component, "convex.config.js");
    const names = [...(name === undefined ? [] : [name]), ...childComponents.map((it) => it.name)];
    for (const wrong of new Set(names.filter((one) => !IDENTIFIER.test(one)))) {
      yield { where: `${where}, component ${wrong}`, problem: IDENTIFIER_RULE };
    }
  }
}

function* checkPath(where: string, path: string): Generator<Finding> {
  for (const part of path.split("/")) {
    if (/^[\w.]+$/.test(part) && part.length <= MAX_PATH_PART_CHARACTERS) continue;
    yield {
      where,
      problem: `each part of a path has at most ${MAX_PATH_PART_CHARACTERS} letters, digits, _ and .`,
    };
  }
  if (TEST_FILE.test(path) || NOT_A_MODULE.test(path)) {
    yield { where, problem: "is pushed: tests, scripts and declarations do not belong in convex/" };
  }
}

/** Modules that cannot be imported, each cause once: a chunk's error is that of all who import it. */
export function* checkImports({ push, evaluation }: RehearsedPush): Generator<Finding> {
  const modulesByError = new Map<string, string[]>();
  for (const [index, component] of push.entries()) {
    const { modules, schema, definition } = evaluation.components[index]!;
    const outcomes = [
      ...modules,
      { path: "schema.js", error: schema?.error ?? null },
      { path: "convex.config.js", error: definition?.error ?? null },
    ];
    for (const { path, error } of outcomes) {
      if (error === null) continue;
      const where = nameModule(component, path);
      modulesByError.set(error, [...(modulesByError.get(error) ?? []), where]);
    }
  }
  for (const [problem, [where = "", ...others]] of modulesByError) {
    const also = others.length === 0 ? "" : ` (and ${others.length} more modules)`;
    yield { where: `${where}${also}`, problem };
  }
}

/** Rules on what the bundles hold. `projectDirectory` is a path that no bundle may name. */
export function* checkContents(push: Push, projectDirectory: string): Generator<Finding> {
  const [app] = push;
  if (app !== undefined) yield* checkSources(app);
  for (const component of push) {
    for (const { path, source, sourceMap = "" } of allModules(component)) {
      if (!source.includes(projectDirectory) && !sourceMap.includes(projectDirectory)) continue;
      yield {
        where: nameModule(component, path),
        problem: `names the folder ${projectDirectory} of this machine`,
      };
    }
  }
  const bytes = countBytes(push);
  if (bytes > MAX_CODE_BYTES) {
    const problem = `has ${numbers.format(bytes)} bytes; Convex allows ${numbers.format(MAX_CODE_BYTES)}`;
    yield { where: "all modules together", problem };
  }
  const entryCount = app?.modules.filter((module) => !isChunk(module)).length ?? 0;
  if (entryCount > MAX_MODULES) {
    yield { where: "convex/", problem: `has ${entryCount} modules; Convex allows ${MAX_MODULES}` };
  }
}

/** Bytes of code and source maps. */
export function countBytes(push: Push): number {
  const texts = push
    .flatMap(allModules)
    .flatMap(({ source, sourceMap = "" }) => [source, sourceMap]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** The app's bundles may hold code of the backend's folders and packages only. */
function* checkSources(app: PushedComponent): Generator<Finding> {
  for (const { path, sourceMap } of allModules(app)) {
    const { sources } = JSON.parse(sourceMap ?? '{"sources":[]}') as { sources: string[] };
    for (const source of sources) {
      if (/^(\/|\w+:)/.test(source)) {
        yield { where: path, problem: `its source map names an absolute path, ${source}` };
        continue;
      }
      const fromRoot = source.replace(/^(\.\.?\/)+/, "");
      // So the CLI calls the definition, whether the project has one or not.
      const isDefinition = /^convex-virtual-config:|^convex\.config\.ts$/.test(fromRoot);
      if (isDefinition || isBackendCode(fromRoot)) continue;
      yield { where: path, problem: `bundles ${fromRoot}, which is not part of the backend` };
    }
  }
}

function isBackendCode(path: string): boolean {
  if (TEST_FILE.test(path) && !path.startsWith("node_modules/")) return false;
  const package_ = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return package_ === undefined
    ? PUSHED_FOLDERS.some((folder) => path.startsWith(folder)) || PUSHED_FILES.includes(path)
    : PUSHED_PACKAGES.includes(package_);
}
