import { inspect } from "node:util";
import { ConvexError, convexToJson, jsonToConvex, type JSONValue, type Value } from "convex/values";
import type { Identity } from "./auth";
import { ConflictError } from "./conflicts/retries";
import type { Accessor, Engine } from "./engine";
import { executions, type Execution } from "./executions";
import { runSystemFunction } from "./systemFunctions";

export type FunctionType = "query" | "mutation" | "action";

/** On whose behalf a function runs. */
export interface Caller {
  isAdmin: boolean;
  identity: Identity | null;
  /** When the token runs out, in epoch milliseconds; absent where none was given. */
  expiresAt?: number;
}

export const ANONYMOUS: Caller = { isAdmin: false, identity: null };

/** A call the backend itself refuses, before any function runs. */
export class CallError extends Error {
  override name = "CallError";
}

/**
 * A mutation conflicted on all of its attempts. It is no outcome of the function: the real backend
 * answers with a 503 over HTTP, and closes a WebSocket, whose client then connects and asks again.
 */
export class RefusedMutation extends Error {
  override name = "RefusedMutation";
  readonly status = 503;
  readonly code = "OptimisticConcurrencyControlFailure";
}

/** How a function ended, in the words of Convex's protocols. */
export type Outcome = { logLines: string[] } & (
  | { isSuccess: true; value: JSONValue }
  | { isSuccess: false; errorMessage: string; errorData?: JSONValue }
);

/** A function as convex's constructors register it. */
export interface RegisteredFunction {
  isQuery?: boolean;
  isMutation?: boolean;
  isAction?: boolean;
  isPublic?: boolean;
}

const ACCESSOR_METHODS = {
  query: "queryFromPath",
  mutation: "mutationFromPath",
  action: "actionFromPath",
} as const;

type PathMethod = (
  path: { componentPath: string; udfPath: string },
  args: Record<string, Value>,
) => Promise<Value | undefined>;

/** Finds functions by path, keeps internal ones from the public, runs them and reports the end. */
export class FunctionRunner {
  constructor(
    private readonly engine: Engine,
    private readonly load: (module: string) => Promise<Record<string, unknown> | null>,
    private readonly onLog: (line: string) => void,
  ) {}

  /** Collects what one call reads and logs. */
  newExecution(
    options: Partial<Pick<Execution, "reads" | "isCron" | "pinnedEnd">> = {},
  ): Execution & { logLines: string[] } {
    const logLines: string[] = [];
    const log = (level: string, values: unknown[]) => {
      const line = `[${level}] ${values.map(format).join(" ")}`;
      logLines.push(line);
      this.onLog(line);
    };
    const { reads = null, isCron = false, pinnedEnd = null } = options;
    return { reads, isCron, committedAt: 0n, pinnedEnd, pageEnd: pinnedEnd, log, logLines };
  }

  /**
   * Runs a function to its end. Its errors become part of the outcome.
   *
   * @param expected the type the caller takes it for; null for any.
   * @throws {RefusedMutation}
   */
  async run(
    caller: Caller,
    path: string,
    args: JSONValue,
    expected: FunctionType | null,
    execution = this.newExecution(),
  ): Promise<Outcome> {
    const { logLines } = execution;
    try {
      const value = await executions.run(execution, () =>
        this.call(caller, normalizePath(path), args, expected),
      );
      return { isSuccess: true, value: convexToJson(value ?? null), logLines };
    } catch (error) {
      if (error instanceof RefusedMutation) throw error;
      return { isSuccess: false, ...describeError(error), logLines };
    }
  }

  private async call(
    caller: Caller,
    path: string,
    args: JSONValue,
    expected: FunctionType | null,
  ): Promise<Value | undefined> {
    // Arguments are an object by protocol; the function's validator looks at what is in it.
    const values = jsonToConvex(args) as Record<string, Value>;
    if (path.startsWith("_system/")) {
      if (!caller.isAdmin) throw new CallError("System functions need the admin key.");
      return await runSystemFunction(this.engine, path, values);
    }
    const type = await this.typeOf(caller, path, expected);
    const accessor: Accessor =
      caller.identity === null
        ? this.engine.backend
        : this.engine.backend.withIdentity(caller.identity);
    // Not in convex-test's types: runs a function by its path, in a transaction of its own.
    const method = (accessor as unknown as Record<string, PathMethod>)[ACCESSOR_METHODS[type]]!;
    try {
      return await method({ componentPath: "", udfPath: path }, values);
    } catch (error) {
      // An action may fail with the conflict of a mutation it called: that is an error of its own.
      if (type !== "mutation" || !(error instanceof ConflictError)) throw error;
      throw new RefusedMutation(error.message);
    }
  }

  private async typeOf(
    caller: Caller,
    path: string,
    expected: FunctionType | null,
  ): Promise<FunctionType> {
    const [module = "", name = "default"] = path.split(":");
    const found = (await this.load(module))?.[name] as RegisteredFunction | undefined;
    const type = found === undefined ? null : registeredType(found);
    if (type === null || !(caller.isAdmin || found?.isPublic === true)) {
      const kind = caller.isAdmin ? "function" : "public function";
      throw new CallError(`Could not find ${kind} for '${path}'.`);
    }
    if (expected !== null && expected !== type) {
      throw new CallError(
        `Trying to execute ${path} as ${expected}, but it is defined as ${type}.`,
      );
    }
    return type;
  }
}

export function registeredType(value: RegisteredFunction): FunctionType | null {
  if (value.isQuery) return "query";
  if (value.isMutation) return "mutation";
  return value.isAction ? "action" : null;
}

/** "module.js:name", "module:name" and "module" (its default) by one name. */
function normalizePath(path: string): string {
  const [module = "", name = "default"] = path.split(":");
  return `${module.replace(/\.js$/, "")}:${name}`;
}

function describeError(error: unknown): { errorMessage: string; errorData?: JSONValue } {
  if (error instanceof ConvexError) {
    const data = error.data as Value; // what a ConvexError carries is a Convex value
    return {
      errorMessage: `Uncaught ConvexError: ${error.message}`,
      errorData: convexToJson(data),
    };
  }
  if (error instanceof CallError) return { errorMessage: error.message };
  if (!(error instanceof Error)) return { errorMessage: `Uncaught ${String(error)}` };
  // convex-test's validator fails itself where it meets a null in place of an object.
  const isFailedValidator = /\bvalidateValidator\b/.test(error.stack ?? "");
  if (isFailedValidator || error.message.startsWith("Validator error")) {
    return { errorMessage: `ArgumentValidationError: ${error.message}` };
  }
  return { errorMessage: `Uncaught ${error.name}: ${error.message}` };
}

function format(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : inspect(value);
}
