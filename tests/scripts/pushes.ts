import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll } from "vitest";
import {
  evaluationRequest,
  Evaluator,
  judgePush,
  type Push,
  type PushedComponent,
  type PushedModule,
} from "../../scripts/pushCheck/index";

// Small pushes that break one rule each, and the judge of them.

export const ROOT = join(import.meta.dirname, "../..");

export const evaluator = new Evaluator();
afterAll(() => evaluator.close());

/** What is wrong with a push, as lines. */
export async function judge(push: Push): Promise<string[]> {
  const evaluation = await evaluator.evaluate(evaluationRequest(push));
  const findings = judgePush({ push, evaluation }, ROOT);
  return findings.map(({ where, problem }) => `${where}: ${problem}`);
}

export const AUTH_CONFIG = transformSync(
  readFileSync(join(ROOT, "convex/auth.config.ts"), "utf8"),
  {
    loader: "ts",
  },
).code;

/** Code of a registered function, as far as a deployment looks at it. */
export const FUNCTION = "Object.assign(() => null, { isMutation: true, isInternal: true })";

export const isolate = (path: string, source: string, sourceMap?: string): PushedModule => ({
  path,
  source,
  environment: "isolate",
  ...(sourceMap === undefined ? {} : { sourceMap }),
});

const MODULES: Record<string, string> = {
  "auth.config.js": AUTH_CONFIG,
  "jobs.js": `export const sweep = ${FUNCTION};`,
};

export interface Table {
  tableName: string;
  indexes: { indexDescriptor: string; fields: string[] }[];
  documentType?: unknown;
  searchIndexes?: { indexDescriptor: string; filterFields: string[] }[];
}

export function pushOf(app: Partial<PushedComponent>, ...components: PushedComponent[]): Push {
  const modules = Object.entries(MODULES).map(([path, source]) => isolate(path, source));
  return [{ definitionPath: "", definition: null, schema: null, modules, ...app }, ...components];
}

/** The same push with modules added or replaced. */
export function withModules(sources: Record<string, string>, more: PushedModule[] = []): Push {
  const all = { ...MODULES, ...sources };
  const modules = Object.entries(all).map(([path, source]) => isolate(path, source));
  return pushOf({ modules: [...modules, ...more] });
}

export function withTable(table: Partial<Table>): Push {
  const tables = [{ tableName: "users", indexes: [], ...table }];
  const json = JSON.stringify(JSON.stringify({ tables }));
  return pushOf({ schema: isolate("schema.js", `export default { export: () => ${json} };`) });
}

export function withCron(name: string, schedule: object, target = "jobs:sweep"): Push {
  const json = JSON.stringify(JSON.stringify({ [name]: { name: target, args: [{}], schedule } }));
  return withModules({ "crons.js": `export default { isCrons: true, export: () => ${json} };` });
}

export const withSources = (...sources: string[]) =>
  withModules({}, [
    isolate("bundle.js", `export const f = ${FUNCTION};`, JSON.stringify({ sources })),
  ]);

export const importing = (code: string) =>
  withModules({ "bad.js": `${code}\nexport const a = 1;` });
export const indexOf = (indexDescriptor: string, ...fields: string[]) => ({
  indexDescriptor,
  fields,
});
export const MINUTE = { type: "interval", minutes: 1 };
