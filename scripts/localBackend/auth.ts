import { timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UserIdentity } from "convex/server";
import type { JSONValue } from "convex/values";
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
} from "jose";

const ALGORITHM = "ES256";
const KEY_FILE = "development-key.json";
/** Of the tokens that the local backend accepts. */
export const DEVELOPMENT_ISSUER = "https://local-backend.invalid";
/** The audience of convex/auth.config.ts. */
const AUDIENCE = "watch-aggregations";
const DEFAULT_TTL_SECONDS = 12 * 3_600;

/** Who calls, as `ctx.auth.getUserIdentity()` tells it. */
export type Identity = UserIdentity;

/** A provider of convex/auth.config.ts, of the kind this backend checks. */
interface CustomJwtProvider {
  type: "customJwt";
  issuer: string;
  jwks: string;
  algorithm: string;
  applicationID?: string;
}

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

/** Checks a token against the providers of auth.config.ts: signature, issuer, audience, expiry. */
export async function verifyToken(token: string, authConfig: unknown): Promise<Identity> {
  const reasons: string[] = [];
  for (const provider of providersOf(authConfig)) {
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(readKeys(provider.jwks)), {
        issuer: provider.issuer,
        algorithms: [provider.algorithm],
        ...(provider.applicationID === undefined ? {} : { audience: provider.applicationID }),
        requiredClaims: ["sub", "exp"],
      });
      return identityOf(payload);
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new AuthenticationError(
    `Could not verify the token: ${reasons.join("; ") || "auth.config.ts names no provider"}`,
  );
}

function providersOf(authConfig: unknown): CustomJwtProvider[] {
  const { providers = [] } = (authConfig ?? {}) as { providers?: { type?: string }[] };
  return providers.filter(
    (provider): provider is CustomJwtProvider => provider.type === "customJwt",
  );
}

/** Keys of a `data:` URI: this backend fetches nothing. */
function readKeys(jwks: string): JSONWebKeySet {
  const match = /^data:[^,]*;base64,(.*)$/.exec(jwks);
  if (match === null)
    throw new AuthenticationError("the local backend reads keys of data: URIs only");
  return JSON.parse(Buffer.from(match[1] ?? "", "base64").toString("utf8")) as JSONWebKeySet;
}

function identityOf(payload: JWTPayload): Identity {
  const { iss = "", sub = "", aud: _aud, exp: _exp, iat: _iat, nbf: _nbf, ...profile } = payload;
  // Claims of a token were JSON.
  const claims = profile as Record<string, JSONValue>;
  return { ...claims, issuer: iss, subject: sub, tokenIdentifier: `${iss}|${sub}` };
}

/** Compares in a time that does not tell how much of the key was right. */
export function isSameKey(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
