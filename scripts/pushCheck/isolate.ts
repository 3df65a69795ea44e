import { createContext, runInContext, type Context } from "node:vm";
import { strictEnvironment, type Variables } from "../localBackend/authConfig";

/** What Convex's runtime has beside JavaScript itself. Node's own Buffer, require and so on are not. */
const WEB_GLOBALS = {
  ...{ AbortController, AbortSignal, Blob, DOMException, Event, EventTarget, FormData, Headers },
  ...{ ReadableStream, Request, Response, TextDecoder, TextEncoder, TransformStream, URL },
  ...{ URLSearchParams, WritableStream, atob, btoa, console, structuredClone },
};

/**
 * A bare V8 context like the one in which Convex evaluates a pushed module: no part of Node.js, no
 * code from strings, and an error for whatever may not happen while a module is imported.
 *
 * @param onRefusal told why each time, as the module may catch the error.
 */
export function createIsolateContext(
  variables: Variables,
  isAuthConfig: boolean,
  onRefusal: (reason: string) => void,
): Context {
  const refuse = (what: string) => (): never => {
    const reason = `${what} while it is imported`;
    onRefusal(reason);
    throw new Error(reason);
  };
  const noTimer = refuse("starts a timer");
  const noRandomness = refuse("asks for randomness");
  const noClock = refuse("reads the clock");
  const context = createContext(
    {
      ...WEB_GLOBALS,
      process: {
        env: strictEnvironment(variables, isAuthConfig ? "auth config file" : "a module"),
      },
      crypto: { getRandomValues: noRandomness, randomUUID: noRandomness, subtle: {} },
      performance: { now: noClock },
      setTimeout: noTimer,
      setInterval: noTimer,
      clearTimeout: () => undefined,
      clearInterval: () => undefined,
      fetch: refuse("calls fetch"),
    },
    { codeGeneration: { strings: false, wasm: false } },
  );
  context["self"] = runInContext("globalThis", context) as unknown;
  (runInContext("Math", context) as Math).random = noRandomness;
  context["Date"] = withoutClock(runInContext("Date", context) as DateConstructor, noClock);
  const intl = runInContext("Intl", context) as typeof Intl;
  for (const method of ["format", "formatToParts"] as const) {
    formatGivenTimesOnly(intl.DateTimeFormat.prototype, method, noClock);
  }
  return context;
}

/** A Date that makes given times only. */
function withoutClock(date: DateConstructor, noClock: () => never): DateConstructor {
  return new Proxy(date, {
    apply: noClock,
    construct: (target, time: unknown[]) =>
      time.length === 0 ? noClock() : (Reflect.construct(target, time) as Date),
    get: (target, name) => (name === "now" ? noClock : (Reflect.get(target, name) as unknown)),
  });
}

/** Without a time, a format takes the clock's. */
function formatGivenTimesOnly(
  prototype: Intl.DateTimeFormat,
  method: "format" | "formatToParts",
  noClock: () => never,
): void {
  const own = Object.getOwnPropertyDescriptor(prototype, method) ?? {};
  Object.defineProperty(prototype, method, {
    get(this: Intl.DateTimeFormat) {
      // `format` is bound to its format, `formatToParts` is not.
      const format = (own.get?.call(this) ?? own.value) as (time?: unknown) => unknown;
      return (time?: unknown) => (time === undefined ? noClock() : format.call(this, time));
    },
  });
}
