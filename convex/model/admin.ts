import type { Auth } from "convex/server";
import { env } from "../_generated/server";

/** Claim and value that make an operator, unless the environment variable ADMIN_CLAIM says else. */
const DEFAULT_ADMIN_CLAIM = "role=admin";

/** ADMIN_CLAIM: "role=admin", "permissions=watch:operate", "https://app.example/admin=true". */
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
  const claim: unknown = Object.hasOwn(identity, name) ? identity[name] : undefined;
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.some((held) => held === value || (held === true && value === "true"));
}
