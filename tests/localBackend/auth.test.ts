import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  AuthenticationError,
  authEnvironment,
  developmentKey,
  isSameKey,
  signToken,
  verifyToken,
} from "../../scripts/localBackend/auth";
import { parseAuthConfig, type Provider } from "../../scripts/localBackend/authConfig";
import { startIssuer, type IssuerOptions } from "./standInIssuer";

async function keyAndProvider() {
  const key = await developmentKey(mkdtempSync(join(tmpdir(), "key-")));
  const { AUTH_ISSUER, AUTH_JWKS, AUTH_AUDIENCE, AUTH_ALGORITHM } = authEnvironment(key);
  const provider = {
    type: "customJwt",
    issuer: AUTH_ISSUER,
    jwks: AUTH_JWKS,
    applicationID: AUTH_AUDIENCE,
    algorithm: AUTH_ALGORITHM,
  };
  return { key, provider, providers: parseAuthConfig({ providers: [provider] }) };
}

it("makes the development key once, for its owner's eyes only", async () => {
  const directory = mkdtempSync(join(tmpdir(), "key-"));
  const first = await developmentKey(directory);
  expect(await developmentKey(directory)).toEqual(first);
  expect(statSync(join(directory, "development-key.json")).mode & 0o777).toBe(0o600);
});

it("publishes no private part of the key", async () => {
  const { key, provider } = await keyAndProvider();
  const jwks = Buffer.from(provider.jwks?.split(",")[1] ?? "", "base64").toString();
  expect(JSON.parse(jwks)).toMatchObject({ keys: [{ kty: "EC", x: key.x, y: key.y }] });
  expect(jwks).not.toContain('"d"');
});

it("tells who a development token stands for, with the profile it carries", async () => {
  const { key, providers } = await keyAndProvider();
  const identity = await verifyToken(await signToken(key, "ann", { name: "Ann" }), providers);
  expect(identity).toEqual({
    subject: "ann",
    issuer: providers[0]?.type === "customJwt" ? providers[0].issuer : "",
    tokenIdentifier: `${identity.issuer}|ann`,
    name: "Ann",
  });
});

it("refuses a token for another audience or issuer, and names what the providers expect", async () => {
  const { key, provider } = await keyAndProvider();
  const token = await signToken(key, "ann");
  const refused = (changed: object) =>
    expect(verifyToken(token, parseAuthConfig({ providers: [{ ...provider, ...changed }] })))
      .rejects;
  await refused({ applicationID: "another" }).toThrow(
    /issuer https:\/\/local-backend.invalid and audience watch-aggregations.*audience another/,
  );
  await refused({ issuer: "https://another.test" }).toThrow(/issuer https:\/\/another.test/);
  await expect(verifyToken(token, [])).rejects.toThrow(/names no provider/);
  await expect(verifyToken("no token", [])).rejects.toThrow(AuthenticationError);
});

it("compares keys by their whole text", () => {
  expect(isSameKey("local|abc", "local|abc")).toBe(true);
  expect(isSameKey("local|abd", "local|abc")).toBe(false);
  expect(isSameKey("local|ab", "local|abc")).toBe(false);
  expect(isSameKey("", "local|abc")).toBe(false);
});

async function customJwt(options: IssuerOptions = {}) {
  const issuer = await startIssuer({ algorithm: "ES256", ...options });
  const provider: Provider = {
    type: "customJwt",
    issuer: issuer.issuer,
    jwks: issuer.jwksUri,
    algorithm: "ES256",
    applicationID: "app",
  };
  const verify = async (claims: object = {}, header: object = {}) =>
    await verifyToken(await issuer.sign({ sub: "ann", aud: "app", ...claims }, header), [provider]);
  return { issuer, provider, verify };
}

async function openId(options: IssuerOptions = {}) {
  const issuer = await startIssuer(options);
  const provider: Provider = { domain: issuer.issuer, applicationID: "app" };
  const verify = async (claims: object = {}, header: object = {}) =>
    await verifyToken(await issuer.sign({ sub: "ann", aud: "app", ...claims }, header), [provider]);
  return { issuer, provider, verify };
}

const anHourAgo = () => Math.floor(Date.now() / 1000) - 3_600;

it.each([
  ["no key id", {}, { kid: undefined }, /no kid/],
  ["no type", {}, { typ: undefined }, /no typ/],
  ["a key id that its issuer does not have", {}, { kid: "key-2" }, /no applicable key/],
  ["no expiry", { exp: undefined }, {}, /"exp"/],
  ["an expiry that has passed", { exp: anHourAgo() }, {}, /"exp" claim timestamp/],
  ["no time of issue", { iat: undefined }, {}, /"iat"/],
  ["a time of issue to come", { iat: anHourAgo() + 7_200 }, {}, /issued in the future/],
  ["no subject", { sub: undefined }, {}, /"sub"/],
  ["an empty subject", { sub: "" }, {}, /subject/],
  ["a number as subject", { sub: 7 }, {}, /subject/],
  ["no audience", { aud: undefined }, {}, /audience none/],
])("refuses a custom JWT with %s", async (_, claims, header, message) => {
  const { verify } = await customJwt();
  await expect(verify(claims, header)).rejects.toThrow(message);
});

it.each([
  ["an expiry that has passed", { exp: anHourAgo() }, {}, /"exp" claim timestamp/],
  ["no time of issue", { iat: undefined }, {}, /"iat"/],
  ["an empty subject", { sub: "" }, {}, /subject/],
  ["a list as subject", { sub: ["ann"] }, {}, /subject/],
  ["a second audience", { aud: ["app", "api"] }, {}, /more than one audience/],
  ["the type of an access token", {}, { typ: "at+jwt" }, /type at\+jwt/],
])("refuses an ID token with %s", async (_, claims, header, message) => {
  const { verify } = await openId();
  await expect(verify(claims, header)).rejects.toThrow(message);
});

it("verifies only the algorithms that a deployment verifies", async () => {
  const { issuer, provider } = await customJwt({ algorithm: "RS256" });
  const token = await issuer.sign({ sub: "ann", aud: "app" });
  await expect(verifyToken(token, [provider])).rejects.toThrow(/alg/);
  const rsa: Provider[] = [{ ...provider, algorithm: "RS256" } as Provider]; // a customJwt one
  expect(await verifyToken(token, rsa)).toMatchObject({ subject: "ann" });
  const { verify } = await openId({ algorithm: "ES256" });
  await expect(verify()).rejects.toThrow(/alg/);
});

it("refuses keys and discovery documents that are not served as JSON, or name another issuer", async () => {
  const keys = await customJwt({ contentType: "text/plain" });
  await expect(keys.verify()).rejects.toThrow(/jwks.json answered 200 with .* text\/plain/);
  const discovery = await openId({ contentType: "text/html; charset=utf-8" });
  await expect(discovery.verify()).rejects.toThrow(/openid-configuration answered 200 with/);
  const other = await openId({ claimedIssuer: "https://another.test" });
  await expect(other.verify()).rejects.toThrow(/names the issuer https:\/\/another.test/);
});

it("takes the first provider whose issuer and audience match, with or without a slash", async () => {
  const { issuer, provider } = await openId({ path: "/tenant/" });
  const withoutSlash: Provider = { domain: issuer.issuer.slice(0, -1), applicationID: "mobile" };
  const token = await issuer.sign({ sub: "ann", aud: "mobile" });
  const identity = await verifyToken(token, [provider, withoutSlash]);
  expect(identity.tokenIdentifier).toBe(`${issuer.issuer}|ann`);
});

const CLAIMS = {
  metadata: { role: "admin", team: { id: 7 } },
  roles: ["editor"],
  given_name: "Ann",
  email: "ann@example.test",
  email_verified: true,
  updated_at: 1_767_225_600,
  jti: "1",
  fva: [3, -1],
};

it("flattens the claims of a custom JWT and keeps their names", async () => {
  const { issuer, verify } = await customJwt();
  expect(await verify(CLAIMS)).toEqual({
    issuer: issuer.issuer,
    subject: "ann",
    tokenIdentifier: `${issuer.issuer}|ann`,
    "metadata.role": "admin",
    "metadata.team.id": 7,
    roles: ["editor"],
    given_name: "Ann",
    email: "ann@example.test",
    email_verified: true,
    updated_at: 1_767_225_600,
  });
});

it("names the standard claims of an ID token as Convex does and leaves others as they are", async () => {
  const { issuer, verify } = await openId();
  const standard = { phone_number: "+1", picture: "p", locale: "en", zoneinfo: "Europe/Berlin" };
  const unused = { nonce: "n", azp: "app", auth_time: 1, middle_name: "M" };
  const address = { formatted: "1 Main St", country: "US" };
  expect(await verify({ ...CLAIMS, ...standard, ...unused, address })).toEqual({
    issuer: issuer.issuer,
    subject: "ann",
    tokenIdentifier: `${issuer.issuer}|ann`,
    metadata: { role: "admin", team: { id: 7 } },
    roles: ["editor"],
    givenName: "Ann",
    email: "ann@example.test",
    emailVerified: true,
    updatedAt: "2026-01-01T00:00:00+00:00",
    phoneNumber: "+1",
    pictureUrl: "p",
    language: "en",
    timezone: "Europe/Berlin",
    address: "1 Main St",
  });
});

it.each([[""], [5], [null]])("refuses a claim called subject that is %j", async (subject) => {
  const custom = await customJwt();
  await expect(custom.verify({ subject })).rejects.toThrow(/subject/);
  const { verify } = await openId();
  await expect(verify({ subject })).rejects.toThrow(/subject/);
});

it("lets a claim called subject replace the subject, as a deployment does", async () => {
  const custom = await customJwt();
  expect(await custom.verify({ subject: "bob" })).toMatchObject({ subject: "bob" });
  const { verify } = await openId();
  expect(await verify({ subject: "bob" })).toMatchObject({ subject: "bob" });
});
