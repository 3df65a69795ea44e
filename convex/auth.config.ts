import type { AuthConfig } from "convex/server";

/**
 * Who may sign in: whoever brings a token that one of these providers has signed.
 *
 * This one takes any issuer of standard JWTs. Set in the deployment's environment
 * - AUTH_ISSUER: the `iss` of its tokens, such as "https://your-tenant.eu.auth0.com/",
 * - AUTH_JWKS: the address of its public keys, or the keys themselves as a data: URI,
 * - AUTH_ALGORITHM: "RS256" where it signs with RSA (default: "ES256").
 * The local backend sets both for its development key.
 *
 * Clerk, Auth0 and other OpenID Connect providers have a shorter form, `{ domain, applicationID }`;
 * Convex Auth brings its own. Either may stand beside or instead of this entry.
 */
export default {
  providers: [
    {
      type: "customJwt",
      applicationID: "watch-aggregations",
      issuer: process.env["AUTH_ISSUER"] ?? "",
      jwks: process.env["AUTH_JWKS"] ?? "",
      algorithm: process.env["AUTH_ALGORITHM"] === "RS256" ? "RS256" : "ES256",
    },
  ],
} satisfies AuthConfig;
