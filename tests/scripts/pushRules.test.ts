import { expect, test } from "vitest";
import {
  AUTH_CONFIG,
  indexOf,
  isolate,
  judge,
  MINUTE,
  pushOf,
  withCron,
  withModules,
  withTable,
  type Table,
} from "./pushes";

const fields = (count: number) => Array.from({ length: count }, (_, index) => `field${index}`);
const SEARCH = { filterFields: [] };
/** A validator as a schema exports it. */
const objectOf = (named: Record<string, object>) => ({
  type: "object",
  value: Object.fromEntries(
    Object.entries(named).map(([name, fieldType]) => [name, { fieldType, optional: false }]),
  ),
});

test.each<[string, Partial<Table>, RegExp[]]>([
  ["a digit in front", { tableName: "1users" }, [/^schema.js, table 1users: a name has at most/]],
  ["Convex's own underscore", { tableName: "_users" }, [/table _users: names that begin with _/]],
  ["65 characters", { tableName: "a".repeat(65) }, [/: a name has at most/]],
  [
    "33 indexes",
    { indexes: fields(33).map((field) => indexOf(`by_${field}`, field)) },
    [/^schema.js, table users: has 33 indexes; Convex allows 32/],
  ],
  [
    "five search indexes",
    { searchIndexes: fields(5).map((name) => ({ ...SEARCH, indexDescriptor: name })) },
    [/has 5 search indexes; Convex allows 4/],
  ],
  [
    "a search index of 17 filter fields",
    { searchIndexes: [{ indexDescriptor: "text", filterFields: fields(17) }] },
    [/^schema.js, table users, index text: has 17 filter fields/],
  ],
  [
    "an index of 17 fields",
    { indexes: [indexOf("wide", ...fields(17))] },
    [/^schema.js, table users, index wide: has 17 fields; Convex allows 1 to 16/],
  ],
  ["an index of no field", { indexes: [indexOf("none")] }, [/index none: has 0 fields/]],
  ["an index named by_id", { indexes: [indexOf("by_id", "a")] }, [/Convex has an index of this/]],
  ["an index named with a dash", { indexes: [indexOf("by-a", "a")] }, [/index by-a: a name has/]],
  ["a field twice in an index", { indexes: [indexOf("i", "a", "a")] }, [/names a field twice/]],
  [
    "a field with a dollar sign, deep within",
    { documentType: objectOf({ a: { type: "array", value: objectOf({ $c: {} }) } }) },
    [/^schema.js, table users, field \$c: a name has at most/],
  ],
  [
    "a field of Convex's own",
    { documentType: { type: "union", value: [objectOf({ a: {} }), objectOf({ _b: {} })] } },
    [/^schema.js, table users, field _b: names that begin with _ are Convex's own/],
  ],
  [
    "an index on the time of creation",
    { indexes: [indexOf("i", "a", "_creationTime")] },
    [/index i: names _creationTime; Convex adds/],
  ],
  [
    "two indexes of one name and the same fields",
    { indexes: [indexOf("i", "a"), indexOf("i", "a")] },
    [/index i: is defined twice/, /index i: has the same fields as index i/],
  ],
])("a table is refused that has %s", async (_, table, lines) => {
  expect(await judge(withTable(table))).toEqual(
    lines.map((line) => expect.stringMatching(line) as string),
  );
});

test.each([
  ["a name beyond ASCII", withCron("räumen", MINUTE), /^crons.js, job "räumen": its name may/],
  [
    "a schedule that is none",
    withCron("sweep", { type: "cron", cron: "61 * * * *" }),
    /^crons.js, job "sweep": "61 \* \* \* \*" is not a schedule/,
  ],
  [
    "a schedule with seconds",
    withCron("sweep", { type: "cron", cron: "0 1 * * * *" }),
    /is not a schedule of five fields/,
  ],
  [
    "a function that is missing",
    withCron("sweep", MINUTE, "jobs:gone"),
    /^crons.js, job "sweep": runs jobs:gone, which is not pushed/,
  ],
])("a cron job is refused that has %s", async (_, push, line) => {
  expect(await judge(push)).toEqual([expect.stringMatching(line)]);
});

test("a cron job that runs a public function is refused", async () => {
  const [app] = withCron("sweep", MINUTE, "open:f");
  const source = `export const f = Object.assign(() => 1, { isMutation: true, isPublic: true });`;
  const push = pushOf({ ...app, modules: [...app!.modules, isolate("open.js", source)] });
  expect(await judge(push)).toEqual([
    'crons.js, job "sweep": runs open:f, which is public; it must be internal',
  ]);
});

const authConfig = (providers: string) =>
  withModules({ "auth.config.js": `export default { providers: ${providers} };` });

test("auth.config.ts as it was before is refused: it read variables that may be unset", async () => {
  const before = authConfig('[{ type: "customJwt", issuer: process.env.AUTH_ISSUER ?? "" }]');
  const [first] = await judge(before);
  expect(first).toBe(
    "auth.config.js, with no variable set: Environment variable AUTH_ISSUER is used in auth " +
      "config file but its value was not set",
  );
});

test.each([
  ["reads the clock", "Date.now()"],
  ["asks for randomness", "Math.random()"],
  ["asks for randomness", "(() => { try { Math.random() } catch {} })()"],
])("auth.config.ts is refused where it %s", async (what, code) => {
  const source = `${code}; ${AUTH_CONFIG}`;
  expect(await judge(withModules({ "auth.config.js": source }))).toEqual([
    `auth.config.js, with no variable set: ${what} while it is imported`,
  ]);
});

test("components are refused whose names Convex does not take", async () => {
  const definition = (json: object) =>
    isolate("convex.config.js", `export default { export: () => (${JSON.stringify(json)}) };`);
  const app = definition({ childComponents: [{ name: "a-b" }, { name: "fine" }] });
  const component = { definitionPath: "acme", schema: null, modules: [] };
  const push = pushOf(
    { definition: app },
    { ...component, definition: definition({ name: "comp-x", childComponents: [] }) },
  );
  expect(await judge(push)).toEqual([
    expect.stringMatching(/^convex.config.js, component a-b: a name has at most 64/),
    expect.stringMatching(/^acme: convex.config.js, component comp-x: a name has at most 64/),
  ]);
});

test("auth.config.ts is refused where it is missing or accepts nobody in silence", async () => {
  const [jobs] = pushOf({})[0]!.modules.filter(({ path }) => path === "jobs.js");
  expect(await judge(pushOf({ modules: [jobs!] }))).toEqual([
    "auth.config.js: is not pushed, so nobody can sign in",
  ]);
  expect(await judge(authConfig("[]"))).toEqual([
    "auth.config.js, with no variable set: accepts nobody in silence, instead of failing the push",
    expect.stringMatching(/^auth.config.js, set for Clerk: names 0 providers instead of one/),
    ...Array.from({ length: 4 }, () => expect.stringMatching(/names 0 providers/) as string),
  ]);
});

test("auth.config.ts is refused where a documented way to sign in gives no valid provider", async () => {
  const source = AUTH_CONFIG.replace("domain: clerk", "domain: clerk, applicationId: 1");
  expect(await judge(withModules({ "auth.config.js": source }))).toEqual([
    expect.stringMatching(/^auth.config.js, set for Clerk: .*applicationId/),
  ]);
});
