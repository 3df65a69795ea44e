import { checkUrl } from "./settings";
import { parseCommandLine } from "./usageError";

/** The options by which every operator's command is told where to go, and that it may. */

export const TARGET_FLAGS = { url: { type: "string" }, yes: { type: "boolean" } } as const;

export const DEPLOYMENT_USAGE = `  --url URL            the deployment, if the settings name none
  --yes                do not ask before changing production; needed without a terminal

The deployment comes from CONVEX_DEPLOY_KEY, or from CONVEX_SELF_HOSTED_URL with
CONVEX_SELF_HOSTED_ADMIN_KEY: first from the environment, then from .env.local (where npm run backend
writes them), then from .env. The first line of the output names it. Everything but this machine and
deployments with a dev: key is production.`;

export interface Target {
  /** Null where the settings name the deployment. */
  url: string | null;
  /** Whether production may be changed without a question. */
  isConfirmed: boolean;
}

/** @throws UsageError for an address that cannot be used. */
export function targetOf(values: { url?: string | undefined; yes?: boolean | undefined }): Target {
  const { url, yes = false } = values;
  return {
    url: url === undefined ? null : parseCommandLine(() => checkUrl(url, "--url")),
    isConfirmed: yes,
  };
}
