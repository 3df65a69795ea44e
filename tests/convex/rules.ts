/// <reference types="vite/client" />
import { convexTest } from "convex-test";
import { convexTestState } from "../../scripts/localBackend/convexTestState";
import { enforceLimits } from "../../scripts/localBackend/limits";
import { limitPlaces } from "../../scripts/localBackend/places";
import schema from "../fixtures/rulesConvex/schema";

const modules = import.meta.glob("../fixtures/rulesConvex/**/*.ts");

/** A backend of the fixture's functions with the rules of the real one. */
export function makeRulesBackend() {
  const t = convexTest({ schema, modules, transactionLimits: true });
  const state = convexTestState(t);
  enforceLimits(state);
  limitPlaces(state);
  return t;
}
