import { AuthConfigError, parseAuthConfig, type Variables } from "../localBackend/authConfig";
import type { Outcome } from "./evaluation";
import type { Finding, RehearsedPush } from "./finding";

/** What every deployment has. */
const SYSTEM = {
  CONVEX_CLOUD_URL: "https://happy-animal-123.convex.cloud",
  CONVEX_SITE_URL: "https://happy-animal-123.convex.site",
};

/** What the README tells people to set. With nothing else set, each must let its users in. */
const SIGN_INS: Record<string, Variables> = {
  Clerk: { CLERK_JWT_ISSUER_DOMAIN: "https://clerk.example.com" },
  Auth0: { AUTH0_CLIENT_ID: "client", AUTH0_DOMAIN: "tenant.eu.auth0.com" },
  "Convex Auth": { JWKS: '{"keys":[]}' },
  "OpenID Connect": { OIDC_CLIENT_ID: "client", OIDC_ISSUER: "https://issuer.example.com" },
  "custom JWTs": {
    AUTH_JWKS: "https://issuer.example.com/jwks.json",
    AUTH_ISSUER: "https://issuer.example.com",
  },
};

/** The environments auth.config.js is evaluated in: nothing set, then each way to sign in. */
export const AUTH_ENVIRONMENTS: readonly Variables[] = [
  SYSTEM,
  ...Object.values(SIGN_INS).map((variables) => ({ ...SYSTEM, ...variables })),
];

/**
 * Rules on auth.config.js: no variable that is not set is read, which a deployment refuses, each
 * documented way to sign in names a provider, and with none set the push fails with a message of
 * its own.
 */
export function* checkAuth({ evaluation }: RehearsedPush): Generator<Finding> {
  const [unset, ...signIns] = evaluation.auth;
  if (unset === undefined) {
    yield { where: "auth.config.js", problem: "is not pushed, so nobody can sign in" };
    return;
  }
  const where = "auth.config.js, with no variable set";
  if (unset.error === null) {
    yield { where, problem: "accepts nobody in silence, instead of failing the push" };
  } else if (/^Environment variable \w+ is used|while it is imported$/.test(unset.error)) {
    yield { where, problem: unset.error };
  }
  for (const [index, name] of Object.keys(SIGN_INS).entries()) {
    const problem = problemOf(signIns[index]!);
    if (problem !== null && problem !== unset.error)
      yield { where: `auth.config.js, set for ${name}`, problem };
  }
}

function problemOf(outcome: Outcome): string | null {
  if (outcome.error !== null) return outcome.error;
  try {
    const providers = parseAuthConfig(JSON.parse(outcome.json));
    return providers.length === 1 ? null : `names ${providers.length} providers instead of one`;
  } catch (error) {
    if (error instanceof AuthConfigError) return error.message;
    throw error;
  }
}
