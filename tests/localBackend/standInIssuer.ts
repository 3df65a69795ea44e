import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import { afterEach } from "vitest";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An issuer of tokens on this machine: what Clerk, Auth0 or a deployment of Convex Auth answer. */
export interface StandInIssuer {
  /** What its tokens name as `iss`. */
  issuer: string;
  jwksUri: string;
  /** Signs a token that is valid for an hour; `overrides` replace claims, undefined ones go. */
  sign: (overrides?: object, header?: object) => Promise<string>;
}

export interface IssuerOptions {
  algorithm?: "RS256" | "ES256";
  /** Where the issuer lies below the server; "/" as in Auth0's `iss`. */
  path?: string;
  /** Whether keys have an id. Those of Convex Auth have none. */
  hasKeyId?: boolean;
  /** What it serves its documents as. */
  contentType?: string;
  /** What its discovery document names as issuer, where that is not its own address. */
  claimedIssuer?: string;
}

const keys = new Map<string, ReturnType<typeof generateKeyPair>>();

/** Key pairs take a while to make, so each algorithm has one for all issuers. */
async function keyPair(algorithm: string) {
  const pair = keys.get(algorithm) ?? generateKeyPair(algorithm, { extractable: true });
  keys.set(algorithm, pair);
  return await pair;
}

/** Starts one on loopback; it ends with the test. */
export async function startIssuer(options: IssuerOptions = {}): Promise<StandInIssuer> {
  const { algorithm = "RS256", path = "", hasKeyId = true } = options;
  const { contentType = "application/json" } = options;
  const { privateKey, publicKey } = await keyPair(algorithm);
  const id = hasKeyId ? { kid: "key-1" } : {};
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), ...id, use: "sig" }] };
  const server = createServer((request, response) => {
    const discovery = { issuer: options.claimedIssuer ?? issuer, jwks_uri: jwksUri };
    const isDiscovery = request.url?.endsWith("/.well-known/openid-configuration") ?? false;
    response.writeHead(200, { "Content-Type": contentType });
    response.end(JSON.stringify(isDiscovery ? discovery : jwks));
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a server that listens on a port has one
  const issuer = `http://127.0.0.1:${port}${path}`;
  const jwksUri = `http://127.0.0.1:${port}/.well-known/jwks.json`;
  const sign = async (overrides = {}, header = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const claims: JWTPayload = { iss: issuer, iat: now, exp: now + 3_600, ...overrides };
    const protectedHeader = { alg: algorithm, typ: "JWT", ...id, ...header };
    return await new SignJWT(claims).setProtectedHeader(protectedHeader).sign(privateKey);
  };
  return { issuer, jwksUri, sign };
}
