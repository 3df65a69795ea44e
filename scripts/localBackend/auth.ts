import { timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
} from "jose";
import type { CustomJwtProvider, OpenIdProvider, Provider } from "./authConfig";
import { identityOfCustomJwt, identityOfIdToken, type Identity } from "./identity";

export type { Identity };

const ALGORITHM = "ES256";
const KEY_FILE = "development-key.json";
/** Of the tokens that the local backend accepts. */
export const DEVELOPMENT_ISSUER = "https://local-backend.invalid";
const AUDIENCE = "watch-aggregations";
const DEFAULT_TTL_SECONDS = 12 * 3_600;

// What follows are rules of a deployment.
const JSON_TYPE = "application/json";
const KEY_MEDIA_TYPES = [JSON_TYPE, "application/jwk-set+json"];
const ID_TOKEN_ALGORITHMS = ["RS256", "EdDSA"];
const REQUIRED_CLAIMS = ["sub", "exp", "iat"];
const CLOCK_TOLERANCE_SECONDS = 5;

const FETCH_TIMEOUT_MS = 10_000;

/** A token or key that is not accepted; the message says why. */
export class AuthenticationError extends Error {
  override name = "AuthenticationError";
}

/**
 * The development key pair, made on first use and kept, readable by its owner only, in a folder
 * that git ignores.
 */
export async function developmentKey(stateDirectory: string): Promise<JWK> {
  const path = join(stateDirectory, KEY_FILE);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as JWK;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: ALGORITHM, use: "sig", kid: "development" };
  mkdirSync(stateDirectory, { recursive: true });
  writeFileSync(path, JSON.stringify(key), { mode: 0o600 });
  chmodSync(path, 0o600);
  return key;
}

/** The environment that convex/auth.config.ts reads, for tokens signed with the development key. */
export function authEnvironment(key: JWK): Record<string, string> {
  const { d: _private, ...publicKey } = key;
  const jwks = Buffer.from(JSON.stringify({ keys: [publicKey] })).toString("base64");
  return {
    AUTH_ISSUER: DEVELOPMENT_ISSUER,
    AUTH_JWKS: `data:application/json;charset=utf-8;base64,${jwks}`,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_ALGORITHM: ALGORITHM,
  };
}

/** A token for a user id, as a sign-in would give it. Further claims are the user's profile. */
export async function signToken(
  key: JWK,
  userId: string,
  claims: JWTPayload = {},
  ttlSeconds = DEFAULT_TTL_SECONDS,
): Promise<string> {
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid ?? "development", typ: "JWT" })
    .setSubject(userId)
    .setIssuer(DEVELOPMENT_ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + ttlSeconds)
    .sign(await importJWK(key, ALGORITHM));
}

/**
 * Who a token stands for, checked as a deployment checks it: the first provider of auth.config.ts
 * that matches the token's issuer and audience verifies it. Nothing is cached.
 *
 * @throws AuthenticationError
 */
export async function verifyToken(
  token: string,
  providers: readonly Provider[],
): Promise<Identity> {
  try {
    const claims = decodeJwt(token);
    const provider = providers.find((candidate) => matches(candidate, claims));
    if (provider === undefined) throw new AuthenticationError(describeMismatch(claims, providers));
    return provider.type === "customJwt"
      ? await verifyCustomJwt(token, provider)
      : await verifyIdToken(token, claims.iss ?? "", provider);
  } catch (error) {
    if (error instanceof AuthenticationError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AuthenticationError(`Could not verify the token: ${reason}`);
  }
}

function matches(provider: Provider, { iss = "", aud = [] }: JWTPayload): boolean {
  const { applicationID } = provider;
  if (applicationID !== undefined && ![aud].flat().includes(applicationID)) return false;
  const expected = provider.type === "customJwt" ? provider.issuer : provider.domain;
  const issuer = /^https?:\/\//.test(iss) ? iss : `https://${iss}`;
  return withoutSlashes(issuer) === withoutSlashes(expected);
}

/** Providers and their documentation do not agree on the slash at the end. */
function withoutSlashes(address: string): string {
  return address.replace(/\/+$/, "");
}

function describeMismatch({ iss, aud }: JWTPayload, providers: readonly Provider[]): string {
  const known = providers.map((provider) => {
    const issuer = provider.type === "customJwt" ? provider.issuer : provider.domain;
    return `issuer ${issuer} and audience ${provider.applicationID ?? "any"}`;
  });
  const given = `issuer ${iss ?? "none"} and audience ${[aud ?? "none"].flat().join(", ")}`;
  return known.length === 0
    ? "Could not verify the token: convex/auth.config.ts names no provider."
    : `No provider of convex/auth.config.ts matches the token, which has ${given}. ` +
        `Providers: ${known.join("; ")}.`;
}

/** Convex documents `kid`, `alg`, `typ`, `sub`, `iss` and `exp`; its clients need `iat` as well. */
async function verifyCustomJwt(token: string, provider: CustomJwtProvider): Promise<Identity> {
  const header = decodeProtectedHeader(token);
  for (const name of ["kid", "typ"] as const) {
    if (header[name] === undefined) throw new AuthenticationError(`The token has no ${name}.`);
  }
  const keys = createLocalJWKSet(await fetchJson<JSONWebKeySet>(provider.jwks, KEY_MEDIA_TYPES));
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [provider.algorithm],
    requiredClaims: REQUIRED_CLAIMS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  });
  if ((payload.iat ?? 0) > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
    throw new AuthenticationError("The token was issued in the future.");
  }
  return withSubject(payload, identityOfCustomJwt(payload));
}

/** OpenID Connect asks for no `kid` where the issuer has one key: Convex Auth sends none. */
async function verifyIdToken(
  token: string,
  issuer: string,
  { applicationID }: OpenIdProvider,
): Promise<Identity> {
  const { typ = "JWT" } = decodeProtectedHeader(token);
  if (!/^(application\/)?(jwt|jose)$/i.test(typ)) {
    throw new AuthenticationError(`The token has the type ${typ}; an ID token is a JWT.`);
  }
  const discovery = `${withoutSlashes(issuer)}/.well-known/openid-configuration`;
  const metadata = await fetchJson<{ issuer: string; jwks_uri: string }>(discovery, [JSON_TYPE]);
  if (metadata.issuer !== issuer) {
    throw new AuthenticationError(
      `${discovery} names the issuer ${metadata.issuer}, the token ${issuer}.`,
    );
  }
  const keys = await fetchJson<JSONWebKeySet>(metadata.jwks_uri, KEY_MEDIA_TYPES);
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    audience: applicationID,
    algorithms: ID_TOKEN_ALGORITHMS,
    requiredClaims: REQUIRED_CLAIMS,
  });
  if (Array.isArray(payload.aud) && payload.aud.length > 1) {
    throw new AuthenticationError("An ID token for more than one audience is refused.");
  }
  return withSubject(payload, identityOfIdToken(payload));
}

/** A claim called `subject` replaces the one of `sub`, so both have to be texts. */
function withSubject({ sub }: JWTPayload, identity: Identity): Identity {
  for (const subject of [sub, identity.subject] as unknown[]) {
    // what an issuer put there
    if (typeof subject === "string" && subject !== "") continue;
    throw new AuthenticationError("The token's subject is not a text, or empty.");
  }
  return identity;
}

/** When a verified token runs out, in epoch milliseconds. */
export function expiryOf(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000; // a token without one is refused
}

/** @throws AuthenticationError unless the address answers 200 with one of the media types. */
async function fetchJson<T>(address: string, mediaTypes: readonly string[]): Promise<T> {
  const response = await fetch(address, {
    headers: { Accept: JSON_TYPE },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  const type = response.headers.get("Content-Type") ?? "none";
  const isOfType = mediaTypes.includes(type.replace(/;.*$/, "").trim().toLowerCase());
  if (response.status !== 200 || !(isOfType || address.startsWith("data:"))) {
    throw new AuthenticationError(
      `${address} answered ${response.status} with the media type ${type}; ` +
        `a deployment accepts 200 with ${mediaTypes.join(" or ")}.`,
    );
  }
  return (await response.json()) as T; // what is wrong with it, its reader reports
}

/** Compares in a time that does not tell how much of the key was right. */
export function isSameKey(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
