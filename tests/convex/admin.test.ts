import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { makeBackend } from "./support";

afterEach(() => vi.unstubAllEnvs());

/** Whether a user whose identity holds these claims is an operator. */
async function isAdmin(adminClaim: string, claims: object): Promise<boolean> {
  vi.stubEnv("ADMIN_CLAIM", adminClaim);
  const identity = { subject: "ann", issuer: "https://issuer.test", ...claims };
  return await makeBackend().withIdentity(identity).query(api.operations.isAdmin, {});
}

test.each([
  ["flattened, as a custom JWT provider's arrive", { "metadata.role": "admin" }],
  ["nested, as an OpenID Connect provider's arrive", { metadata: { role: "admin" } }],
  ["nested beside a shorter name", { metadata: { role: ["admin", "editor"] }, role: "none" }],
])("the admin claim metadata.role=admin is found %s", async (_, claims) => {
  expect(await isAdmin("metadata.role=admin", claims)).toBe(true);
});

test.each([
  ["another value", { metadata: { role: "editor" } }],
  ["a claim of the inner name only", { role: "admin" }],
  ["an outer claim that is a text", { metadata: "admin" }],
  ["an outer claim that is null", { metadata: null }],
  ["no such claim", {}],
])("%s makes no operator of metadata.role=admin", async (_, claims) => {
  expect(await isAdmin("metadata.role=admin", claims)).toBe(false);
});

test("a claim whose own name holds dots is found flat, nested, and beside a shorter one", async () => {
  const claim = "https://app.example/claims.role=admin";
  expect(await isAdmin(claim, { "https://app.example/claims.role": "admin" })).toBe(true);
  expect(await isAdmin(claim, { "https://app.example/claims": { role: "admin" } })).toBe(true);
  const decoy = { "https://app": { role: "none" } };
  expect(await isAdmin(claim, { ...decoy, "https://app.example/claims": { role: "admin" } })).toBe(
    true,
  );
});

test("names of JavaScript's own properties are no claims", async () => {
  expect(await isAdmin("constructor.name=Object", {})).toBe(false);
  expect(await isAdmin("metadata.constructor.name=Object", { metadata: {} })).toBe(false);
});
