import type { Auth } from "convex/server";
import { env } from "../_generated/server";

/** Claim and value that make an operator, unless the environment variable ADMIN_CLAIM says else. */
const DEFAULT_ADMIN_CLAIM = "role=admin";

/**
 * ADMIN_CLAIM: "role=admin", "permissions=watch:operate", "metadata.role=admin",
 * "https://app.example/admin=true".
 */
export function adminClaim(): { name: string; value: string } {
  const text = env["ADMIN_CLAIM"] ?? "";
  const claim = text.includes("=") ? text : DEFAULT_ADMIN_CLAIM;
  const end = claim.lastIndexOf("=");
  return { name: claim.slice(0, end), value: claim.slice(end + 1) };
}

/** Whether the token carries the admin claim: the value itself, or a list that holds it. */
export async function isAdmin(ctx: { auth: Auth }): Promise<boolean> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) return false;
  const { name, value } = adminClaim();
  const claim = claimOf(identity, name);
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.some((held) => held === value || (held === true && value === "true"));
}

/**
 * A claim by its name, or by its path where it is nested. Convex passes nested claims flattened
 * ("metadata.role") for `customJwt` providers and as they are for OpenID Connect, and a name may
 * hold dots itself, so each dot is tried as the end of the outer claim.
 */
function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    const outer = name.slice(0, dot);
    const nested = Object.hasOwn(claims, outer) ? claims[outer] : null;
    if (typeof nested !== "object" || nested === null) continue;
    const found = claimOf(nested as Record<string, unknown>, name.slice(dot + 1)); // it was JSON
    if (found !== undefined) return found;
  }
  return undefined;
}
