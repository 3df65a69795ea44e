import type { Evaluation } from "./evaluation";
import type { Push } from "./push";

/** A rule of Convex, or of this project, that a push breaks. */
export interface Finding {
  /** The module, table, cron job or variable. */
  where: string;
  /** What is wrong with it, and what the rule is. */
  problem: string;
}

/** What the rules judge: what is pushed, and what came of evaluating it. */
export interface RehearsedPush {
  push: Push;
  evaluation: Evaluation;
}

/** Names of functions, tables and indexes. */
export const IDENTIFIER = /^(?=.*[a-zA-Z0-9])[a-zA-Z_][a-zA-Z0-9_]{0,63}$/;
export const IDENTIFIER_RULE = "a name has at most 64 letters, digits and _, and no digit in front";
