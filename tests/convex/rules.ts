/// <reference types="vite/client" />
import { convexTest } from "convex-test";
import schema from "../fixtures/rulesConvex/schema";
import { addRules } from "./support";

const modules = import.meta.glob("../fixtures/rulesConvex/**/*.ts");

/** A backend of the fixture's functions with the rules of the real one. */
export function makeRulesBackend() {
  const t = convexTest({ schema, modules, transactionLimits: true });
  addRules(t);
  return t;
}
