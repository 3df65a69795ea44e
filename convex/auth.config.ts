import type { AuthConfig } from "convex/server";

type Provider = AuthConfig["providers"][number];

/**
 * Who may sign in. You choose with environment variables of the deployment, set by
 * `npx convex env set NAME VALUE` or in the dashboard; this file needs no edit:
 *
 * | provider                             | variables                                        |
 * | ------------------------------------ | ------------------------------------------------ |
 * | Clerk                                | CLERK_JWT_ISSUER_DOMAIN                          |
 * | Auth0                                | AUTH0_CLIENT_ID, AUTH0_DOMAIN                    |
 * | Convex Auth                          | none: `npx @convex-dev/auth` has set JWKS        |
 * | Cognito, any OpenID Connect provider | OIDC_CLIENT_ID, OIDC_ISSUER                      |
 * | any other issuer of JWTs             | AUTH_JWKS, AUTH_ISSUER; optional: AUTH_AUDIENCE, |
 * |                                      | AUTH_ALGORITHM                                   |
 *
 * - AUTH_ISSUER is the `iss` of its tokens. AUTH_JWKS is the address of its public keys, or the
 *   keys themselves as a `data:` URI.
 * - AUTH_AUDIENCE is what its tokens must name in `aud`; the default is "watch-aggregations".
 * - AUTH_ALGORITHM is "ES256" (the default) or "RS256".
 *
 * Each provider that is set may sign users in. With none set the push fails, because nobody could
 * sign in. Convex evaluates this file again when you change a variable and refuses a change that
 * makes it fail, so set the variables of a row from left to right.
 */
export default { providers: configuredProviders() } satisfies AuthConfig;

function configuredProviders(): Provider[] {
  const providers = [...openIdProviders(), ...customProviders()];
  if (providers.length > 0) return providers;
  throw new Error(
    "No sign-in provider is set, so nobody could sign in. Set the environment variables of one, " +
      "for example CLERK_JWT_ISSUER_DOMAIN, AUTH0_CLIENT_ID and AUTH0_DOMAIN, or OIDC_CLIENT_ID " +
      "and OIDC_ISSUER: convex/auth.config.ts lists them.",
  );
}

/** Convex finds the keys of these at `/.well-known/openid-configuration` of their domain. */
function openIdProviders(): Provider[] {
  const providers: Provider[] = [];
  const clerk = read("CLERK_JWT_ISSUER_DOMAIN");
  if (clerk !== null) providers.push({ domain: clerk, applicationID: "convex" });
  for (const [domainName, clientName] of [
    ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID"],
    ["OIDC_ISSUER", "OIDC_CLIENT_ID"],
  ] as const) {
    const domain = read(domainName);
    if (domain === null) continue;
    providers.push({ domain, applicationID: readBeside(domainName, clientName) });
  }
  // Convex Auth signs with a key pair of the deployment and serves the public half, JWKS, itself.
  const site = read("JWKS") === null ? null : read("CONVEX_SITE_URL");
  if (site !== null) providers.push({ domain: site, applicationID: "convex" });
  return providers;
}

function customProviders(): Provider[] {
  const issuer = read("AUTH_ISSUER");
  if (issuer === null) return [];
  const algorithm = read("AUTH_ALGORITHM") ?? "ES256";
  if (algorithm !== "ES256" && algorithm !== "RS256") {
    throw new Error(`AUTH_ALGORITHM is ${algorithm}. Convex verifies ES256 and RS256 only.`);
  }
  return [
    {
      type: "customJwt",
      applicationID: read("AUTH_AUDIENCE") ?? "watch-aggregations",
      issuer,
      jwks: readBeside("AUTH_ISSUER", "AUTH_JWKS"),
      algorithm,
    },
  ];
}

/** A variable that another one needs. */
function readBeside(setName: string, name: string): string {
  const value = read(name);
  if (value !== null) return value;
  throw new Error(`${setName} is set, but ${name} is not. Set ${name}, or remove ${setName}.`);
}

/** A variable's value; null where it is not set or empty. */
function read(name: string): string | null {
  try {
    return process.env[name] || null;
  } catch {
    // In this file, unlike in functions, Convex throws when a variable that is not set is read.
    return null;
  }
}
