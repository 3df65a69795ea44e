import {
  getConvexSize,
  getDocumentSize,
  jsonToConvex,
  type JSONValue,
  type Value,
} from "convex/values";
import type { Component, ConvexTestState, Database } from "./convexTestState";
import { containsSurrogate, hasUnpairedSurrogate, LONE_SURROGATE } from "./json";
import { certainlyMatches, isPlainObject } from "./matching";

/**
 * The real backend's rules about values that convex-test does not enforce, worded as there. What a
 * transaction reads, writes and schedules is limited by convex-test's `transactionLimits`; names
 * of fields are checked by `convexToJson`. In brackets: the constant in the real backend's source.
 */

/** [MAX_USER_SIZE] */
const MAX_DOCUMENT_BYTES = 2 ** 20;
/** [MAX_DOCUMENT_NESTING] A document counts as one level. */
const MAX_DOCUMENT_NESTING = 16;
/** [MAX_NESTING] Of arguments, whose list counts as one level, and of results. */
const MAX_NESTING = 64;
/** [MAX_ARRAY_LEN] */
const MAX_ARRAY_LENGTH = 8_192;
/** [MAX_OBJECT_FIELDS] Of a document, `_id` and `_creationTime` included. */
const MAX_FIELDS = 1_024;
/** [FUNCTION_MAX_ARGS_SIZE] A function in Node may take 5 MiB; this project has none. */
const MAX_ARGUMENTS_BYTES = 2 ** 24;
/** [FUNCTION_MAX_RESULT_SIZE] */
const MAX_RESULT_BYTES = 2 ** 24;

/** Enforces the rules in the app and in the components that are registered so far. */
export function enforceLimits(state: ConvexTestState): void {
  for (const component of Object.values(state.components)) {
    checkDocuments(component.db);
    checkFunctions(component);
  }
  const syscall = state.syscall.bind(state);
  state.syscall = (operation, json) => {
    requireWellFormed(json);
    return syscall(operation, json);
  };
  const asyncSyscall = state.asyncSyscall.bind(state);
  state.asyncSyscall = (operation, json) => {
    requireWellFormed(json);
    if (operation.endsWith("/schedule")) checkScheduled(json);
    return asyncSyscall(operation, json);
  };
}

/** Whatever a function hands to the backend passes here: documents, bounds of queries, arguments. */
function requireWellFormed(json: string): void {
  if (hasUnpairedSurrogate(json)) throw new Error(`Received invalid json: ${LONE_SURROGATE}`);
}

function checkScheduled(json: string): void {
  const { name, args } = JSON.parse(json) as { name?: string; args: JSONValue }; // as convex sends it
  checkArguments(name ?? "a scheduled function", jsonToConvex(args));
}

function checkDocuments(database: Database): void {
  const validate = database._validate.bind(database);
  database._validate = (table, fields) => {
    const validator = database._schema?.tables.get(table)?.documentType;
    const isKnownToMatch = validator !== undefined && certainlyMatches(validator, fields);
    if (!isKnownToMatch) validate(table, fields);
    const isSystemTable = table.startsWith("_");
    if (!isSystemTable) checkDocument(fields);
  };
}

function checkDocument(fields: Record<string, unknown>): void {
  const systemField = Object.keys(fields).find((name) => name.startsWith("_"));
  if (systemField !== undefined) {
    throw new Error(
      `Field '${systemField}' starts with an underscore, ` +
        "which is only allowed for system fields like '_id'",
    );
  }
  const document = { ...fields, _id: "", _creationTime: 0 };
  const nesting = nestingOf(document);
  if (nesting > MAX_DOCUMENT_NESTING) {
    throw new Error(
      `Document is too nested (nested ${String(nesting)} levels deep > ` +
        `maximum nesting ${String(MAX_DOCUMENT_NESTING)})`,
    );
  }
  const bytes = getDocumentSize(fields as Record<string, Value>); // convex-test read it from JSON
  if (bytes > MAX_DOCUMENT_BYTES) {
    const sizes = `${formatBytes(bytes)} > maximum size ${formatBytes(MAX_DOCUMENT_BYTES)}`;
    throw new Error(`Value is too large (${sizes})`);
  }
}

type Handler = (ctx: unknown, args: unknown) => unknown;

const checkedModules = new WeakMap<object, Record<string, unknown>>();

function checkFunctions(component: Component): void {
  const load = component.modules;
  component.modules = async (path) => {
    const module = await load(path);
    let checked = checkedModules.get(module);
    if (checked === undefined) {
      checked = checkedModule(path, module);
      checkedModules.set(module, checked);
    }
    return checked;
  };
}

function checkedModule(path: string, module: Record<string, unknown>): Record<string, unknown> {
  const exported = Object.entries(module).map(([name, value]) => {
    const isRegistered = typeof value === "function" && "_handler" in value;
    return [name, isRegistered ? checkedFunction(`${path}.js:${name}`, value) : value];
  });
  return Object.fromEntries(exported) as Record<string, unknown>;
}

/** A registered function that fails where what goes in or comes out breaks a rule. */
function checkedFunction(path: string, registered: object): object {
  const run = (registered as { _handler: Handler })._handler; // was just seen to be there
  const handler: Handler = async (ctx, args) => {
    checkArguments(path, args);
    let result: unknown;
    try {
      result = await run(ctx, args);
    } catch (error) {
      checkErrorData(error);
      throw error;
    }
    checkResult(path, result);
    return result;
  };
  return new Proxy(registered, {
    get: (target, name, receiver): unknown =>
      name === "_handler" ? handler : Reflect.get(target, name, receiver),
  });
}

function checkArguments(path: string, args: unknown): void {
  const list = [args];
  const problem = problemOf(list);
  if (problem !== null) throw new Error(`Invalid arguments for ${path}: ${problem}`);
  const bytes = getConvexSize(list as Value[]); // they were JSON
  if (bytes > MAX_ARGUMENTS_BYTES) {
    const sizes = `actual: ${formatBytes(bytes)}, limit: ${formatBytes(MAX_ARGUMENTS_BYTES)}`;
    throw new Error(`Arguments for ${path} are too large (${sizes})`);
  }
}

function checkResult(path: string, result: unknown): void {
  const problem = problemOf(result);
  if (problem !== null) throw new Error(`Function ${path} return value invalid: ${problem}`);
  const bytes = getConvexSize(result as Value); // `convexToJson` refuses any other right after this
  if (bytes > MAX_RESULT_BYTES) {
    const sizes = `actual: ${formatBytes(bytes)}, limit: ${formatBytes(MAX_RESULT_BYTES)}`;
    throw new Error(`Function ${path} return value is too large (${sizes})`);
  }
}

function checkErrorData(error: unknown): void {
  // Another copy of convex may have made it: this is how convex itself recognises one.
  const isConvexError =
    typeof error === "object" && error !== null && Symbol.for("ConvexError") in error;
  const problem = isConvexError && "data" in error ? problemOf(error.data) : null;
  if (problem !== null) throw new Error(`ConvexError with invalid data: ${problem}`);
}

/** What is wrong with a value that enters or leaves a function; null where nothing is. */
function problemOf(value: unknown): string | null {
  if (containsSurrogate(value)) return LONE_SURROGATE;
  try {
    const nesting = nestingOf(value);
    if (nesting <= MAX_NESTING) return null;
    return (
      `Value is too nested (nested ${String(nesting)} levels deep > ` +
      `maximum nesting ${String(MAX_NESTING)})`
    );
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** @throws RangeError where an array or an object within has too many parts. */
function nestingOf(value: unknown): number {
  const parts = partsOf(value);
  return parts === null
    ? 0
    : 1 + parts.reduce<number>((most, part) => Math.max(most, nestingOf(part)), 0);
}

/** The elements of an array, the values of an object's fields, and null for any other value. */
function partsOf(value: unknown): unknown[] | null {
  if (Array.isArray(value)) {
    const { length } = value;
    if (length <= MAX_ARRAY_LENGTH) return value as unknown[];
    const lengths = `${String(length)} > maximum length ${String(MAX_ARRAY_LENGTH)}`;
    throw new RangeError(`Array length is too long (${lengths})`);
  }
  // Bytes, and placeholders of convex's, are objects of other classes.
  if (!isPlainObject(value)) return null;
  const fields = Object.values(value).filter((field) => field !== undefined);
  if (fields.length <= MAX_FIELDS) return fields;
  const counts = `${String(fields.length)} > maximum number ${String(MAX_FIELDS)}`;
  throw new RangeError(`Object has too many fields (${counts})`);
}

/** As the real backend writes sizes: "16 MiB", "1.25 MiB". */
function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const count = bytes / 2 ** (10 * power);
  return `${Number.isInteger(count) ? String(count) : count.toFixed(2)} ${units[power] ?? ""}`;
}
