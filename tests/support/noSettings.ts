/**
 * Hides which deployment this machine's environment and .env.local name, from Convex's CLI and from
 * our commands: an empty variable counts as not set, and hides the same one in files. Without it, a
 * deploy key in a developer's shell would send the tests to that deployment.
 */
export const NO_SETTINGS = {
  CONVEX_DEPLOY_KEY: "",
  CONVEX_DEPLOYMENT_TOKEN: "",
  CONVEX_DEPLOYMENT: "",
  CONVEX_SELF_HOSTED_URL: "",
  CONVEX_SELF_HOSTED_ADMIN_KEY: "",
  CONVEX_AUTH_TOKEN: "",
};
