import type { UserIdentity } from "convex/server";
import type { JSONValue } from "convex/values";
import type { JWTPayload } from "jose";

/** Who calls, as `ctx.auth.getUserIdentity()` tells it. */
export type Identity = UserIdentity;

type Claims = Record<string, JSONValue>;

/** Claims every token has or that change with each one; a deployment passes none of them on. */
const DROPPED_CLAIMS = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "fva"];

/** Further claims of an ID token that a deployment reads and does not pass on. */
const DROPPED_ID_CLAIMS = [
  ...["acr", "amr", "at_hash", "auth_time", "azp", "c_hash", "nonce"],
  ...["birthday", "middle_name"],
];

/** Standard claims of an ID token, and what an identity calls them. */
const STANDARD_CLAIMS: Record<string, string> = {
  name: "name",
  given_name: "givenName",
  family_name: "familyName",
  nickname: "nickname",
  preferred_username: "preferredUsername",
  profile: "profileUrl",
  picture: "pictureUrl",
  website: "websiteUrl",
  email: "email",
  email_verified: "emailVerified",
  gender: "gender",
  birthdate: "birthday",
  zoneinfo: "timezone",
  locale: "language",
  phone_number: "phoneNumber",
  phone_number_verified: "phoneNumberVerified",
};

/**
 * The identity that a token of a `customJwt` provider gives: its claims under their own names,
 * nested ones flattened: `{ metadata: { role } }` arrives as "metadata.role".
 */
export function identityOfCustomJwt(payload: JWTPayload): Identity {
  return { ...nameCaller(payload), ...flatten(without(payload, DROPPED_CLAIMS)) };
}

/**
 * The identity that an ID token gives: standard claims under the names of `UserIdentity`, all
 * others as they are, nested ones not flattened.
 */
export function identityOfIdToken(payload: JWTPayload): Identity {
  const identity: Claims = nameCaller(payload);
  for (const [name, value] of Object.entries(
    without(payload, [...DROPPED_CLAIMS, ...DROPPED_ID_CLAIMS]),
  )) {
    if (name === "address") {
      const { formatted } = value as { formatted?: string }; // OpenID Connect's address claim
      if (formatted !== undefined) identity[name] = formatted;
    } else if (name === "updated_at") {
      identity["updatedAt"] = toRfc3339(value);
    } else {
      identity[STANDARD_CLAIMS[name] ?? name] = value;
    }
  }
  return identity as Identity; // it began as one
}

/** Issuers send seconds, as OpenID Connect says, or a date, as Auth0 does. */
function toRfc3339(time: JSONValue): string {
  const date = new Date(typeof time === "number" ? time * 1000 : (time as string)); // else no date
  return date.toISOString().replace(/(\.000)?Z$/, "+00:00");
}

/**
 * As on a deployment, claims of these three names would replace them: an issuer must not let its
 * users choose the names of claims.
 */
function nameCaller({ iss = "", sub = "" }: JWTPayload) {
  return { issuer: iss, subject: sub, tokenIdentifier: `${iss}|${sub}` };
}

function without(payload: JWTPayload, names: readonly string[]): Claims {
  const kept = Object.entries(payload).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept) as Claims; // claims of a token were JSON
}

function flatten(claims: Claims, prefix = ""): Claims {
  const flat: Claims = {};
  for (const [name, value] of Object.entries(claims)) {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      Object.assign(flat, flatten(value, `${prefix}${name}.`));
    } else {
      flat[`${prefix}${name}`] = value;
    }
  }
  return flat;
}
