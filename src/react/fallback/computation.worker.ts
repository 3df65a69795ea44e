import { Computation, invoke, type Method } from "./computation";

/** What the page asks for, and what it gets: one reply for each call, in their order. */
export interface Call {
  method: Method;
  args: readonly unknown[];
}
export type Reply = { value: unknown } | { error: unknown };

const computation = new Computation();

addEventListener("message", ({ data: { method, args } }: MessageEvent<Call>) => {
  postMessage(replyTo(method, args));
});

function replyTo(method: Method, args: readonly unknown[]): Reply {
  try {
    return { value: invoke(computation, method, args) };
  } catch (error) {
    return { error };
  }
}
