import { join } from "node:path";
import { expect, test } from "vitest";
import { pushCheck } from "../../scripts/pushCheck/command";
import {
  capturePush,
  evaluationRequest,
  judgePush,
  type PushedModule,
} from "../../scripts/pushCheck/index";
import { runInProcess } from "./inProcess";
import {
  evaluator,
  FUNCTION,
  importing,
  indexOf,
  isolate,
  judge,
  MINUTE,
  pushOf,
  ROOT,
  withCron,
  withModules,
  withSources,
  withTable,
} from "./pushes";

const BROKEN = join(import.meta.dirname, "../fixtures/brokenPush");
const NEEDS_NODE = join(import.meta.dirname, "../fixtures/nodePush");

test("a deployment would take what this project pushes", async () => {
  expect(await judge(await capturePush(ROOT))).toEqual([]);
}, 120_000);

test("the command names what is wrong with another project, and fails", async () => {
  const { code, stderr } = await runInProcess(pushCheck, [BROKEN]);
  expect(stderr.split("\n")).toEqual([
    "This push breaks these rules:",
    "- clock.js: reads the clock while it is imported",
    "- auth.config.js, with no variable set: Environment variable NEVER_SET is used in auth " +
      "config file but its value was not set",
    "- auth.config.js: bundles unsetVariable/auth.config.ts, which is not part of the backend",
    "",
  ]);
  expect(code).toBe(1);
}, 120_000);

test.each([
  [["/nowhere"], /^PROJECT is \/nowhere; it must be a folder with a package\.json\n\nUsage:/],
  [[ROOT, BROKEN], /^only one PROJECT/],
  [["--all"], /--all[^]*Usage: npm run push-check/],
])("the command refuses %j with its usage", async (args, message) => {
  const { code, stderr } = await runInProcess(pushCheck, args);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test("the command shows what the CLI says where it cannot push, and fails", async () => {
  const { code, stderr } = await runInProcess(pushCheck, [NEEDS_NODE]);
  expect(stderr).toMatch(
    /^npx convex deploy pushed nothing:\n[^]*"node:fs"\n\n +convex\/files\.ts:1:/,
  );
  expect(code).toBe(1);
}, 120_000);

test("a small push that follows all rules has no findings", async () => {
  expect(await judge(withTable({ indexes: [indexOf("by_name", "name")] }))).toEqual([]);
  expect(await judge(withCron("sweep up", MINUTE))).toEqual([]);
  expect(await judge(withSources("../convex/a.ts", "../../node_modules/zod/a.js"))).toEqual([]);
  const chunk = isolate("_deps/CHUNK.js", "export const a = 1;");
  const importer = { "a.js": 'import { a } from "./_deps/CHUNK.js"; export const b = a;' };
  expect(await judge(withModules(importer, [chunk]))).toEqual([]);
});

test.each([
  ["the clock, by Date.now", "Date.now();", /^bad.js: reads the clock/],
  ["the clock, by a new Date", "new Date();", /^bad.js: reads the clock/],
  ["the clock, by Date called", "Date();", /^bad.js: reads the clock/],
  ["the clock, by performance", "performance.now();", /^bad.js: reads the clock/],
  ["randomness", "Math.random();", /^bad.js: asks for randomness/],
  ["cryptographic randomness", "crypto.randomUUID();", /^bad.js: asks for randomness/],
  ["a timer", "setTimeout(() => null, 1);", /^bad.js: starts a timer/],
  ["the network", "fetch('https://a.test');", /^bad.js: calls fetch/],
  ["the clock, by a format", "new Intl.DateTimeFormat('en').format();", /^bad.js: reads the clock/],
  ["randomness, and hide it", "try { Math.random() } catch {}", /^bad.js: asks for randomness/],
  [
    "a variable that is not set",
    "process.env.A ?? 1;",
    /^bad.js: Environment variable A is used in a module but/,
  ],
  ["a global of Node.js", "Buffer.from('a');", /^bad.js: ReferenceError: Buffer is not defined/],
  ["a module of Node.js", "import 'node:fs';", /^bad.js: imports node:fs, which is not pushed/],
  ["a module that is missing", "import './b.js';", /^bad.js: imports b.js, which is not pushed/],
  ["code from a string", "new Function('return 1')();", /^bad.js: EvalError/],
  ["an await at the top level", "await new Promise(() => 1);", /^bad.js: awaits at its top level/],
  ["an await of what is there", "await Promise.resolve(1);", /^bad.js: awaits at its top level/],
])("a module may not use %s while it is imported", async (_, code, line) => {
  expect(await judge(importing(code))).toEqual([expect.stringMatching(line)]);
});

test("a module may make and format a given date, and read the clock later", async () => {
  const code =
    "export const born = new Intl.DateTimeFormat('en').format(new Date(0)); export const now = () => Date.now();";
  expect(await judge(withModules({ "good.js": code }))).toEqual([]);
});

test("an error in a shared chunk is named once", async () => {
  const chunk = isolate("_deps/CHUNK.js", "export const at = Date.now();");
  const importer = 'export { at } from "./_deps/CHUNK.js";';
  const push = withModules({ "a.js": importer, "b.js": importer, "c.js": importer }, [chunk]);
  expect(await judge(push)).toEqual([
    "a.js (and 2 more modules): reads the clock while it is imported",
  ]);
});

test("the modules, schema and definition of a component are evaluated as well", async () => {
  const component = {
    definitionPath: "../node_modules/@acme/queue/dist/component",
    definition: isolate("convex.config.js", "export default {};"),
    schema: isolate("schema.js", "export default { export: () => process.env.A };"),
    modules: [isolate("lib.js", "export const a = Math.random();")],
  };
  expect(await judge(pushOf({}, component))).toEqual([
    "@acme/queue: lib.js: asks for randomness while it is imported",
    expect.stringMatching(/^@acme\/queue: schema.js: Environment variable A is used/),
    expect.stringMatching(/^@acme\/queue: convex.config.js: must export by default/),
  ]);
});

const NODE: PushedModule = { path: "node.js", source: "", environment: "node" };

test.each([
  ["needs Node.js", withModules({}, [NODE]), /^node.js: has "use node"/],
  [
    "has a dash in its path",
    withModules({ "a-b.js": "export const a = 1;" }),
    /^a-b.js: each part/,
  ],
  ["has a long path", withModules({ [`${"a".repeat(62)}.js`]: "export let a;" }), /: each part/],
  ["is a test", withModules({ "tests/a.js": "export let a;" }), /^tests\/a.js: is pushed/],
  ["is a test by its name", withModules({ "a_test.js": "export let a;" }), /^a_test.js: is pushed/],
  ["is a script", withModules({ "scripts/a.js": "export let a;" }), /^scripts\/a.js: is pushed/],
  ["declares types", withModules({ "a.d.js": "export let a;" }), /^a.d.js: is pushed/],
  ["exports nothing", withModules({ "a.js": "const a = 1;" }), /^a.js: exports nothing/],
  [
    "has a function that Convex cannot name",
    withModules({ "a.js": `export const $f = ${FUNCTION};` }),
    /^a.js, function \$f: a name has at most 64/,
  ],
  [
    "has a function whose validator is not JSON",
    withModules({
      "a.js": `export const f = Object.assign(${FUNCTION}, { exportArgs: () => "{" });`,
    }),
    /^a.js: SyntaxError/,
  ],
  [
    "is a router that Convex's own function did not make",
    withModules({ "http.js": "export default {};" }),
    /^http.js: must export by default/,
  ],
])("a module is refused that %s", async (_, push, line) => {
  expect(await judge(push)).toEqual([expect.stringMatching(line)]);
});

test.each([
  ["a page", "../src/dashboard/page.tsx", /^bundle.js: bundles src\/dashboard\/page.tsx, which/],
  ["a test", "../convex/a.test.ts", /^bundle.js: bundles convex\/a.test.ts/],
  ["a package that it does not need", "../../node_modules/react/index.js", /bundles .*react/],
  ["an absolute path", "/home/ann/convex/a.ts", /^bundle.js: its source map names an absolute/],
  ["an address of a file", "file:///home/ann/a.ts", /^bundle.js: its source map names an absolute/],
])("a bundle may not hold %s", async (_, source, line) => {
  expect(await judge(withSources(source))).toEqual([expect.stringMatching(line)]);
});

test("no module names the project's folder on this machine", async () => {
  const push = withModules({ "a.js": `export const folder = ${JSON.stringify(ROOT)};` });
  expect(await judge(push)).toEqual([`a.js: names the folder ${ROOT} of this machine`]);
});

test("a module that does not come to an end is stopped", async () => {
  const push = importing("while (true);");
  const request = { ...evaluationRequest(push), importTimeoutMs: 50 };
  const { components } = await evaluator.evaluate(request);
  expect(components[0]!.modules.map(({ error }) => error)).toEqual([
    null,
    expect.stringMatching(/timed out after 50ms/),
  ]);
});

test("more code or modules than Convex takes are refused", () => {
  const withoutEvaluation = (modules: PushedModule[]) => {
    const evaluated = { modules: [], schema: null, definition: null };
    const evaluation = { components: [evaluated], auth: [] };
    return judgePush({ push: pushOf({ modules }), evaluation }, ROOT).map(
      ({ where, problem }) => `${where}: ${problem}`,
    );
  };
  expect(withoutEvaluation([isolate("_deps/A.js", " ".repeat(32 * 2 ** 20 + 1))])).toContain(
    "all modules together: has 33,554,433 bytes; Convex allows 33,554,432",
  );
  const modules = Array.from({ length: 4_097 }, (_, index) => isolate(`a${index}.js`, ""));
  expect(withoutEvaluation(modules)).toContain("convex/: has 4097 modules; Convex allows 4096");
});
