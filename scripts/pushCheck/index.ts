import { AUTH_ENVIRONMENTS, checkAuth } from "./authRules";
import { checkCrons } from "./cronRules";
import type { EvaluationRequest } from "./evaluation";
import type { Finding, RehearsedPush } from "./finding";
import { checkComponentNames, checkContents, checkImports, checkModules } from "./moduleRules";
import type { Push } from "./push";
import { checkSchemas } from "./schemaRules";

export { capturePush } from "./capture";
export { Evaluator } from "./evaluator";
export type { Finding, RehearsedPush } from "./finding";
export { countBytes, MAX_CODE_BYTES } from "./moduleRules";
export { isChunk, type Push, type PushedComponent, type PushedModule } from "./push";

/** A deployment's own limit. */
const IMPORT_TIMEOUT_MS = 4_000;

/** What has to be evaluated of a push before the rules can judge it. */
export function evaluationRequest(push: Push): EvaluationRequest {
  return { push, authEnvironments: AUTH_ENVIRONMENTS, importTimeoutMs: IMPORT_TIMEOUT_MS };
}

/** Every rule that the push breaks; none where a deployment would take it. */
export function judgePush(rehearsed: RehearsedPush, projectDirectory: string): Finding[] {
  return [
    ...checkImports(rehearsed),
    ...checkAuth(rehearsed),
    ...checkModules(rehearsed),
    ...checkComponentNames(rehearsed),
    ...checkContents(rehearsed.push, projectDirectory),
    ...checkSchemas(rehearsed),
    ...checkCrons(rehearsed),
  ];
}
