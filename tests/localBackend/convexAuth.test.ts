import { ConvexHttpClient } from "convex/browser";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { api } from "../fixtures/convexAuthConvex/_generated/api";
import { makeBackend } from "./support";

afterEach(() => void vi.unstubAllEnvs());

it("signs in users of Convex Auth, who stay the same from session to session", async () => {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), use: "sig" }];
  vi.stubEnv("JWKS", JSON.stringify({ keys }));
  vi.stubEnv("CONVEX_SITE_URL", "https://left.over.invalid");
  const convexDirectory = join(import.meta.dirname, "../fixtures/convexAuthConvex");
  const backend = await makeBackend({ convexDirectory });
  for (const session of ["k97first", "k97second"]) {
    const token = await new SignJWT()
      .setProtectedHeader({ alg: "RS256" })
      .setSubject(`k17user|${session}`)
      .setIssuer(backend.siteUrl)
      .setAudience("convex")
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);
    const client = new ConvexHttpClient(backend.url, { auth: token });
    expect(await client.query(api.users.id, {})).toBe(`${backend.siteUrl}|k17user`);
  }
});
