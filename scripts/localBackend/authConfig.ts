import { existsSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { z } from "zod";
import { CommandError } from "../console/commandError";

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** convex/auth.config.ts cannot be evaluated; the message names the file, the rule and the field. */
export class AuthConfigError extends CommandError {
  override name = "AuthConfigError";
}

/** The address of an issuer. As on a deployment, `https://` is put before one without a scheme. */
const issuerUrl = z
  .string()
  .transform((text) => (/^\w+:\/\//.test(text) ? text : `https://${text}`))
  .pipe(z.url({ protocol: /^https?$/, error: "is not the http or https address of an issuer" }));

const openIdProvider = z.strictObject({
  type: z.literal("oidc").optional(),
  domain: issuerUrl,
  applicationID: z.string(),
});

const customJwtProvider = z.strictObject({
  type: z.literal("customJwt"),
  issuer: issuerUrl,
  jwks: z.string(),
  algorithm: z.enum(["RS256", "ES256"]),
  applicationID: z.string().optional(),
});

const authConfig = z.object({ providers: z.array(z.unknown()) });

export type OpenIdProvider = z.infer<typeof openIdProvider>;
export type CustomJwtProvider = z.infer<typeof customJwtProvider>;
export type Provider = OpenIdProvider | CustomJwtProvider;

/**
 * The providers that auth.config.ts of a Convex folder names; none where there is no such file.
 *
 * @throws AuthConfigError where a deployment would refuse it. As there, reading a variable that is
 *   not set is an error.
 */
export async function loadAuthConfig(
  convexDirectory: string,
  variables: Variables,
): Promise<Provider[]> {
  const entryPoint = join(convexDirectory, "auth.config.ts");
  if (!existsSync(entryPoint)) return [];
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "authConfig",
    platform: "browser",
    logLevel: "silent",
  });
  const script = `${outputFiles[0]!.text}; JSON.stringify(authConfig.default)`;
  const process = { env: strictEnvironment(variables) };
  let json: unknown;
  try {
    json = runInNewContext(script, { process });
  } catch (error) {
    // An error of another context is no `Error` of this one.
    const { message } = error as { message?: string };
    throw new AuthConfigError(`convex/auth.config.ts: ${message ?? String(error)}`);
  }
  return parseAuthConfig(typeof json === "string" ? (JSON.parse(json) as unknown) : null);
}

/**
 * Checks what auth.config.ts exports as a deployment does, and refuses unknown fields as well.
 *
 * @throws AuthConfigError naming the field.
 */
export function parseAuthConfig(exported: unknown): Provider[] {
  const config = authConfig.safeParse(exported);
  if (!config.success) {
    throw new AuthConfigError("convex/auth.config.ts must export { providers: [...] } by default");
  }
  return config.data.providers.map((provider, index) => {
    const isCustom = (provider as { type?: unknown } | null)?.type === "customJwt";
    const parsed = (isCustom ? customJwtProvider : openIdProvider).safeParse(provider);
    if (parsed.success) return parsed.data;
    const problem = parsed.error.issues[0]!; // a failed parse has one
    const field = ["providers", index, ...problem.path].join(".");
    throw new AuthConfigError(`convex/auth.config.ts: ${field}: ${problem.message}`);
  });
}

/** The environment in which Convex evaluates auth.config.ts: reading what is not set throws. */
export function strictEnvironment(
  variables: Variables,
  reader: "auth config file" | "a module" = "auth config file",
): Variables {
  return new Proxy(variables, {
    get: (_, name) => {
      if (typeof name === "symbol") return undefined;
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (value !== undefined) return value;
      throw new Error(
        `Environment variable ${name} is used in ${reader} but its value was not set`,
      );
    },
  });
}
