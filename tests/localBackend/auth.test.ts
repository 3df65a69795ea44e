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

async function keyAndConfig() {
  const key = await developmentKey(mkdtempSync(join(tmpdir(), "key-")));
  const { AUTH_ISSUER: issuer, AUTH_JWKS: jwks } = authEnvironment(key);
  const provider = { type: "customJwt", applicationID: "watch-aggregations", algorithm: "ES256" };
  return { key, config: { providers: [{ ...provider, issuer, jwks }] } };
}

it("makes the development key once, for its owner's eyes only", async () => {
  const directory = mkdtempSync(join(tmpdir(), "key-"));
  const first = await developmentKey(directory);
  expect(await developmentKey(directory)).toEqual(first);
  expect(statSync(join(directory, "development-key.json")).mode & 0o777).toBe(0o600);
});

it("publishes no private part of the key", async () => {
  const { key, config } = await keyAndConfig();
  const jwks = Buffer.from(config.providers[0]?.jwks?.split(",")[1] ?? "", "base64").toString();
  expect(JSON.parse(jwks)).toMatchObject({ keys: [{ kty: "EC", x: key.x, y: key.y }] });
  expect(jwks).not.toContain('"d"');
});

it("tells who a token stands for, with the profile it carries", async () => {
  const { key, config } = await keyAndConfig();
  const identity = await verifyToken(await signToken(key, "ann", { name: "Ann" }), config);
  expect(identity).toMatchObject({ subject: "ann", name: "Ann" });
  expect(identity.tokenIdentifier).toBe(`${identity.issuer}|ann`);
});

it("refuses a token for another audience, issuer or without any provider", async () => {
  const { key, config } = await keyAndConfig();
  const token = await signToken(key, "ann");
  const [provider] = config.providers;
  const refused = (changed: object) =>
    expect(verifyToken(token, { providers: [{ ...provider, ...changed }] })).rejects;
  await refused({ applicationID: "another" }).toThrow(/"aud" claim/);
  await refused({ issuer: "https://another.test" }).toThrow(/"iss" claim/);
  await refused({ jwks: "https://keys.test" }).toThrow(/data: URIs only/);
  await expect(verifyToken(token, { providers: [] })).rejects.toThrow(AuthenticationError);
});

it("compares keys by their whole text", () => {
  expect(isSameKey("local|abc", "local|abc")).toBe(true);
  expect(isSameKey("local|abd", "local|abc")).toBe(false);
  expect(isSameKey("local|ab", "local|abc")).toBe(false);
  expect(isSameKey("", "local|abc")).toBe(false);
});
