import type { Variables } from "../localBackend/authConfig";
import type { Push } from "./push";

/** What the evaluator is asked: evaluate a push, and auth.config.js once for each environment. */
export interface EvaluationRequest {
  push: Push;
  authEnvironments: readonly Variables[];
  /** How long one module may take. */
  importTimeoutMs: number;
}

/** What the evaluation of a push found. Plain data: it comes from another process. */
export interface Evaluation {
  /** In the order of the push. */
  components: EvaluatedComponent[];
  /** In the order of the environments. */
  auth: Outcome[];
}

export interface EvaluatedComponent {
  modules: EvaluatedModule[];
  /** What `schema.export()` gives, as JSON; null where there is no schema. */
  schema: Outcome | null;
  /** convex.config.js; null where there is none. */
  definition: Outcome | null;
}

/** A value as JSON, or why there is none. */
export type Outcome = { json: string; error: null } | { json: null; error: string };

export interface EvaluatedModule {
  path: string;
  /** Why it cannot be imported. */
  error: string | null;
  exportCount: number;
  functions: EvaluatedFunction[];
  /** What `crons.export()` gives, as JSON. */
  cronsJson: string | null;
}

export interface EvaluatedFunction {
  name: string;
  visibility: "public" | "internal" | "none";
}
