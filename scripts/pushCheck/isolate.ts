import { createContext, runInContext, type Context } from "node:vm";
import { strictEnvironment, type Variables } from "../localBackend/authConfig";

/** What Convex's runtime has beside JavaScript itself. Node's own Buffer, require and so on are not. */
const WEB_GLOBALS = {
  ...{ AbortController, AbortSignal, Blob, DOMException, Event, EventTarget, FormData, Headers },
  ...{ ReadableStream, Request, Response, TextDecoder, TextEncoder, TransformStream, URL },
  ...{ URLSearchParams, WritableStream, atob, btoa, console, structuredClone },
};

const NO_TIMER = refuse("starts a timer");
const NO_RANDOMNESS = refuse("asks for randomness");
const NO_CLOCK = refuse("reads the clock");

/**
 * A bare V8 context like the one in which Convex evaluates a pushed module: no part of Node.js, no
 * code from strings, and an error for whatever may not happen while a module is imported.
 */
export function createIsolateContext(variables: Variables): Context {
  const context = createContext(
    {
      ...WEB_GLOBALS,
      process: { env: strictEnvironment(variables) },
      crypto: { getRandomValues: NO_RANDOMNESS, randomUUID: NO_RANDOMNESS, subtle: {} },
      performance: { now: NO_CLOCK },
      setTimeout: NO_TIMER,
      setInterval: NO_TIMER,
      clearTimeout: () => undefined,
      clearInterval: () => undefined,
      fetch: refuse("calls fetch"),
    },
    { codeGeneration: { strings: false, wasm: false } },
  );
  context["self"] = runInContext("globalThis", context) as unknown;
  (runInContext("Math", context) as Math).random = NO_RANDOMNESS;
  context["Date"] = withoutClock(runInContext("Date", context) as DateConstructor);
  return context;
}

function refuse(what: string): () => never {
  return () => {
    throw new Error(`${what} while it is imported`);
  };
}

/** A Date that makes given times only. */
function withoutClock(date: DateConstructor): DateConstructor {
  return new Proxy(date, {
    apply: NO_CLOCK,
    construct: (target, time: unknown[]) =>
      time.length === 0 ? NO_CLOCK() : (Reflect.construct(target, time) as Date),
    get: (target, name) => (name === "now" ? NO_CLOCK : (Reflect.get(target, name) as unknown)),
  });
}
