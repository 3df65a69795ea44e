import { join } from "node:path";
import { expect, it } from "vitest";
import { startLocalBackend } from "../../scripts/localBackend";
import { verifyToken } from "../../scripts/localBackend/auth";
import { loadAuthConfig, parseAuthConfig } from "../../scripts/localBackend/authConfig";
import { startIssuer, type IssuerOptions, type StandInIssuer } from "./standInIssuer";

const CONVEX = join(import.meta.dirname, "../../convex");
const UNSET = join(import.meta.dirname, "../fixtures/unsetVariable");
/** What every deployment has. */
const SYSTEM = { CONVEX_CLOUD_URL: "https://a.convex.cloud", CONVEX_SITE_URL: "https://a.site" };

interface SignIn {
  provider: string;
  options?: IssuerOptions;
  /** What the README tells people to set. */
  variables: (issuer: StandInIssuer) => Record<string, string>;
  /** Claims and header in the shape of the provider's tokens. */
  claims: object;
  header?: object;
  identity: object;
}

const SIGN_INS: SignIn[] = [
  {
    provider: "Clerk, with its template for Convex",
    variables: ({ issuer }) => ({ CLERK_JWT_ISSUER_DOMAIN: issuer }),
    header: { cat: "cl_B7d4PD222AAA" },
    claims: {
      aud: "convex",
      azp: "http://localhost:5173",
      sub: "user_2abc",
      jti: "5f1",
      nbf: 1_700_000_000,
      name: "Ann",
      email: "ann@example.test",
      email_verified: true,
      metadata: { role: "admin" },
    },
    identity: {
      subject: "user_2abc",
      name: "Ann",
      email: "ann@example.test",
      emailVerified: true,
      metadata: { role: "admin" },
    },
  },
  {
    provider: "Auth0, whose issuer ends in a slash and whose subject holds a bar,",
    options: { path: "/" },
    variables: ({ issuer }) => ({
      AUTH0_CLIENT_ID: "client-1",
      AUTH0_DOMAIN: issuer.slice(0, -1),
    }),
    claims: {
      aud: "client-1",
      sub: "auth0|65f",
      sid: "s-1",
      nickname: "ann",
      updated_at: "2026-01-01T00:00:00.000Z",
      "https://app.example/roles": ["admin"],
    },
    identity: {
      subject: "auth0|65f",
      sid: "s-1",
      nickname: "ann",
      updatedAt: "2026-01-01T00:00:00+00:00",
      "https://app.example/roles": ["admin"],
    },
  },
  {
    provider: "Convex Auth, whose tokens name no key and no type,",
    options: { hasKeyId: false },
    variables: ({ issuer }) => ({ JWKS: '{"keys":[]}', CONVEX_SITE_URL: issuer }),
    header: { typ: undefined },
    claims: { aud: "convex", sub: "k17user|k97session" },
    identity: { subject: "k17user|k97session" },
  },
  {
    provider: "Cognito, by an ID token,",
    options: { path: "/eu-central-1_Ab" },
    variables: ({ issuer }) => ({ OIDC_CLIENT_ID: "client-2", OIDC_ISSUER: issuer }),
    header: { typ: undefined },
    claims: {
      aud: "client-2",
      sub: "7c1e",
      token_use: "id",
      auth_time: 1_700_000_000,
      "cognito:username": "ann",
      "cognito:groups": ["admins"],
      email_verified: true,
    },
    identity: {
      subject: "7c1e",
      token_use: "id",
      "cognito:username": "ann",
      "cognito:groups": ["admins"],
      emailVerified: true,
    },
  },
  {
    provider: "a custom issuer of JWTs",
    options: { algorithm: "ES256" },
    variables: ({ issuer, jwksUri }) => ({ AUTH_JWKS: jwksUri, AUTH_ISSUER: issuer }),
    claims: { aud: ["watch-aggregations", "api"], sub: "42", metadata: { role: "admin" } },
    identity: { subject: "42", "metadata.role": "admin" },
  },
  {
    provider: "a custom issuer that has an audience of its own and signs with RSA",
    variables: ({ issuer, jwksUri }) => ({
      AUTH_JWKS: jwksUri,
      AUTH_AUDIENCE: "videos",
      AUTH_ALGORITHM: "RS256",
      AUTH_ISSUER: issuer,
    }),
    claims: { aud: "videos", sub: "42" },
    identity: { subject: "42" },
  },
];

it.each(SIGN_INS.map((signIn) => [signIn.provider, signIn] as const))(
  "signs users of %s in",
  async (_, signIn) => {
    const issuer = await startIssuer(signIn.options);
    const variables = { ...SYSTEM, ...signIn.variables(issuer) };
    const token = await issuer.sign(signIn.claims, signIn.header);
    const identity = await verifyToken(token, await loadAuthConfig(CONVEX, variables));
    const { subject } = signIn.identity as { subject: string }; // each of them has one
    expect(identity).toEqual({
      ...signIn.identity,
      issuer: issuer.issuer,
      tokenIdentifier: `${issuer.issuer}|${subject}`,
    });
  },
);

it("refuses Cognito's access token, which names its client in another claim", async () => {
  const issuer = await startIssuer();
  const variables = { ...SYSTEM, OIDC_CLIENT_ID: "client-2", OIDC_ISSUER: issuer.issuer };
  const claims = { client_id: "client-2", sub: "7c1e", token_use: "access" };
  const providers = await loadAuthConfig(CONVEX, variables);
  await expect(verifyToken(await issuer.sign(claims), providers)).rejects.toThrow(/audience none/);
});

it("lets several providers sign users in, each for its own audience", async () => {
  const variables = {
    ...SYSTEM,
    CLERK_JWT_ISSUER_DOMAIN: "clerk.example.com",
    AUTH0_DOMAIN: "tenant.eu.auth0.com",
    AUTH0_CLIENT_ID: "client-1",
    OIDC_ISSUER: "",
    AUTH_ISSUER: "https://issuer.test",
    AUTH_JWKS: "https://issuer.test/keys",
  };
  expect(await loadAuthConfig(CONVEX, variables)).toEqual([
    { domain: "https://clerk.example.com", applicationID: "convex" },
    { domain: "https://tenant.eu.auth0.com", applicationID: "client-1" },
    {
      type: "customJwt",
      applicationID: "watch-aggregations",
      issuer: "https://issuer.test",
      jwks: "https://issuer.test/keys",
      algorithm: "ES256",
    },
  ]);
});

it.each([
  ["no provider at all", {}, /No sign-in provider is set/],
  ["AUTH_ISSUER alone", { AUTH_ISSUER: "https://i.test" }, /AUTH_JWKS is not. Set AUTH_JWKS/],
  ["AUTH0_DOMAIN alone", { AUTH0_DOMAIN: "t.auth0.com" }, /AUTH0_CLIENT_ID is not/],
  ["OIDC_ISSUER alone", { OIDC_ISSUER: "https://i.test" }, /OIDC_CLIENT_ID is not/],
  [
    "an algorithm that Convex does not verify",
    { AUTH_JWKS: "k", AUTH_ISSUER: "https://i.test", AUTH_ALGORITHM: "HS256" },
    /AUTH_ALGORITHM is HS256/,
  ],
  ["an issuer that is no address", { CLERK_JWT_ISSUER_DOMAIN: "pk test" }, /providers.0.domain/],
])("fails the push with %s, and says what to set", async (_, variables, message) => {
  await expect(loadAuthConfig(CONVEX, { ...SYSTEM, ...variables })).rejects.toThrow(message);
});

it("keeps working while the variables of a second provider are set one by one", async () => {
  const clerk = { ...SYSTEM, CLERK_JWT_ISSUER_DOMAIN: "clerk.example.com" };
  const first = { ...clerk, AUTH_JWKS: "https://issuer.test/keys" };
  expect(await loadAuthConfig(CONVEX, first)).toHaveLength(1);
  expect(await loadAuthConfig(CONVEX, { ...first, AUTH_ISSUER: "https://i.test" })).toHaveLength(2);
});

it("reads a variable that is not set as an error, when the local backend starts as well", async () => {
  const message = /NEVER_SET is used in auth config file but its value was not set/;
  await expect(loadAuthConfig(UNSET, SYSTEM)).rejects.toThrow(message);
  await expect(startLocalBackend({ convexDirectory: UNSET })).rejects.toThrow(message);
});

it.each([
  ["no list of providers", {}, /must export \{ providers/],
  ["a misspelt applicationID", { domain: "a.test", applicationId: "a" }, /applicationI/],
  ["an OpenID provider with an issuer", { issuer: "https://a.test" }, /domain/],
  ["a custom provider without keys", { type: "customJwt", issuer: "https://a.test" }, /jwks/],
  ["another scheme", { domain: "ftp://a.test", applicationID: "a" }, /domain: is not the http/],
])("refuses %s", (_, provider, message) => {
  const config = Object.keys(provider).length === 0 ? provider : { providers: [provider] };
  expect(() => parseAuthConfig(config)).toThrow(message);
});
