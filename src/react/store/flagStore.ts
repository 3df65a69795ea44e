import type { ConvexReactClient } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { api } from "../../../convex/_generated/api";
import type { AggregationOptions } from "../options";
import type { FeatureFlag } from "../types";
import { LiveQuery } from "./liveQuery";
import { isEqual } from "./reduce";

type Evaluation = FunctionReturnType<typeof api.flags.evaluate>;

interface HeldFlag {
  query: LiveQuery<Evaluation>;
  users: number;
  unusedSince: number | null;
  state: FeatureFlag;
}

export const LOADING_FLAG: FeatureFlag = {
  value: false,
  variant: "off",
  reason: "UNKNOWN",
  loading: true,
  error: null,
};

/** Flags of the signed-in user, one subscription each. */
export class FlagStore {
  private readonly flags = new Map<string, HeldFlag>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly client: ConvexReactClient,
    private readonly options: AggregationOptions,
    private readonly onChange: () => void,
  ) {}

  get size(): number {
    return this.flags.size;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps a flag up to date until the returned function is called. */
  retain(key: string): () => void {
    const flag = this.flags.get(key) ?? this.subscribe(key);
    flag.users += 1;
    flag.unusedSince = null;
    return () => {
      flag.users -= 1;
      if (flag.users === 0) flag.unusedSince = this.options.now();
      this.onChange();
    };
  }

  stateOf(key: string): FeatureFlag {
    return this.flags.get(key)?.state ?? LOADING_FLAG;
  }

  /** The flag's value, off where it cannot be read; null while it is not known. */
  valueOf(key: string): boolean | null {
    const { loading, value } = this.stateOf(key);
    return loading ? null : value;
  }

  nextWakeAt(now: number): number {
    const times = [...this.flags.values()].map(
      ({ unusedSince }) => (unusedSince ?? Infinity) + this.options.retainMs,
    );
    return Math.min(Infinity, ...times.filter((time) => time > now));
  }

  /** Ends subscriptions nobody has used for a while. */
  prune(now: number): void {
    for (const [key, { unusedSince, query }] of this.flags) {
      if (unusedSince === null || now < unusedSince + this.options.retainMs) continue;
      query.stop();
      this.flags.delete(key);
    }
  }

  private subscribe(key: string): HeldFlag {
    const query = new LiveQuery(this.client.watchQuery(api.flags.evaluate, { key }), () => {
      this.read(key);
    });
    const flag = { query, users: 0, unusedSince: null, state: LOADING_FLAG };
    this.flags.set(key, flag);
    query.start();
    return flag;
  }

  private read(key: string): void {
    const flag = this.flags.get(key);
    if (flag === undefined) return;
    const state = describe(flag.query);
    if (isEqual(state, flag.state)) return;
    flag.state = state;
    for (const listener of this.listeners) listener();
    this.onChange();
  }
}

function describe({ answer }: LiveQuery<Evaluation>): FeatureFlag {
  switch (answer.state) {
    case "waiting":
      return LOADING_FLAG;
    case "failed":
      return {
        value: false,
        variant: "off",
        reason: "ERROR",
        loading: false,
        error: answer.error,
      };
    case "answered":
      return { ...answer.value, loading: false, error: null };
  }
}
