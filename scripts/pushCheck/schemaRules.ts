import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE, type Finding, type RehearsedPush } from "./finding";
import { nameModule } from "./push";

// Limits of Convex, as documented; its code allows more indexes than its documentation.
const MAX_TABLES = 10_000;
const MAX_INDEXES = 32;
const MAX_INDEX_FIELDS = 16;
const MAX_SEARCH_INDEXES = 4;
const MAX_FILTER_FIELDS = 16;

const index = z.object({ indexDescriptor: z.string(), fields: z.array(z.string()) });
const searchIndex = z.object({ indexDescriptor: z.string(), filterFields: z.array(z.string()) });
const table = z.object({
  tableName: z.string(),
  documentType: z.unknown().optional(),
  indexes: z.array(index),
  searchIndexes: z.array(searchIndex).default([]),
  vectorIndexes: z.array(searchIndex).default([]),
});
const schemaJson = z.object({ tables: z.array(table) });

type Table = z.infer<typeof table>;

/** Rules on tables and indexes. */
export function* checkSchemas({ push, evaluation }: RehearsedPush): Generator<Finding> {
  for (const [position, component] of push.entries()) {
    const schema = evaluation.components[position]?.schema;
    if (typeof schema?.json !== "string") continue;
    const { tables } = schemaJson.parse(JSON.parse(schema.json));
    const where = nameModule(component, "schema.js");
    if (tables.length > MAX_TABLES) {
      yield { where, problem: `has ${tables.length} tables; Convex allows ${MAX_TABLES}` };
    }
    for (const checked of tables)
      yield* checkTable(`${where}, table ${checked.tableName}`, checked);
  }
}

function* checkTable(where: string, checked: Table): Generator<Finding> {
  const { tableName, indexes, searchIndexes, vectorIndexes } = checked;
  yield* checkName(where, tableName);
  const all = [...indexes, ...searchIndexes, ...vectorIndexes];
  if (all.length > MAX_INDEXES) {
    yield { where, problem: `has ${all.length} indexes; Convex allows ${MAX_INDEXES}` };
  }
  for (const [kind, found] of [
    ["search", searchIndexes],
    ["vector", vectorIndexes],
  ] as const) {
    if (found.length <= MAX_SEARCH_INDEXES) continue;
    const problem = `has ${found.length} ${kind} indexes; Convex allows ${MAX_SEARCH_INDEXES}`;
    yield { where, problem };
  }
  for (const { indexDescriptor, filterFields } of [...searchIndexes, ...vectorIndexes]) {
    if (filterFields.length <= MAX_FILTER_FIELDS) continue;
    const problem = `has ${filterFields.length} filter fields; Convex allows ${MAX_FILTER_FIELDS}`;
    yield { where: `${where}, index ${indexDescriptor}`, problem };
  }
  yield* checkIndexNames(where, all);
  yield* checkIndexFields(where, indexes);
  for (const name of new Set(fieldNames(checked.documentType))) {
    if (!IDENTIFIER.test(name))
      yield { where: `${where}, field ${name}`, problem: IDENTIFIER_RULE };
  }
  for (const name of fieldsOf(checked.documentType)) {
    if (!name.startsWith("_")) continue;
    yield { where: `${where}, field ${name}`, problem: "names that begin with _ are Convex's own" };
  }
}

interface Validator {
  type?: unknown;
  value?: unknown;
}

/** The fields of the document itself, or of each kind of it. */
function fieldsOf(validator: unknown): string[] {
  const { type, value } = (validator ?? {}) as Validator;
  if (type === "union" && Array.isArray(value)) return value.flatMap(fieldsOf);
  return type === "object" && typeof value === "object" ? Object.keys(value ?? {}) : [];
}

/** The names of all fields within a validator, as JSON. */
function fieldNames(validator: unknown): string[] {
  if (typeof validator !== "object" || validator === null) return [];
  const { type, value } = validator as Validator;
  const names = type === "object" ? Object.keys(value ?? {}) : [];
  return [...names, ...Object.values(validator).flatMap(fieldNames)];
}

function* checkIndexNames(
  where: string,
  indexes: readonly { indexDescriptor: string }[],
): Generator<Finding> {
  const names = indexes.map(({ indexDescriptor }) => indexDescriptor);
  for (const [position, name] of names.entries()) {
    const whereIndex = `${where}, index ${name}`;
    yield* checkName(whereIndex, name);
    if (name === "by_id" || name === "by_creation_time") {
      yield { where: whereIndex, problem: "Convex has an index of this name itself" };
    }
    if (names.indexOf(name) < position) {
      yield { where: whereIndex, problem: "is defined twice" };
    }
  }
}

function* checkIndexFields(where: string, indexes: Table["indexes"]): Generator<Finding> {
  const seen = new Map<string, string>();
  for (const { indexDescriptor, fields } of indexes) {
    const whereIndex = `${where}, index ${indexDescriptor}`;
    if (fields.length === 0 || fields.length > MAX_INDEX_FIELDS) {
      const problem = `has ${fields.length} fields; Convex allows 1 to ${MAX_INDEX_FIELDS}`;
      yield { where: whereIndex, problem };
    }
    if (new Set(fields).size < fields.length) {
      yield { where: whereIndex, problem: "names a field twice" };
    }
    for (const field of fields.filter((name) => name.startsWith("_"))) {
      yield { where: whereIndex, problem: `names ${field}; Convex adds its own fields itself` };
    }
    const same = seen.get(fields.join());
    if (same !== undefined) {
      yield { where: whereIndex, problem: `has the same fields as index ${same}` };
    }
    seen.set(fields.join(), indexDescriptor);
  }
}

function* checkName(where: string, name: string): Generator<Finding> {
  if (!IDENTIFIER.test(name)) yield { where, problem: IDENTIFIER_RULE };
  if (name.startsWith("_")) yield { where, problem: "names that begin with _ are Convex's own" };
}
