import { spawnSync } from "node:child_process";
import { buildDashboard } from "../../scripts/dashboard";
import { chromiumPath, MISSING_CHROMIUM } from "../../scripts/dashboard/browser";

/** Builds the page and drives it in a real browser. */
async function main(): Promise<number> {
  if (chromiumPath() === null) {
    console.error(MISSING_CHROMIUM);
    return 1;
  }
  await buildDashboard();
  const args = ["run", "--config", "vitest.e2e.config.ts", ...process.argv.slice(2)];
  return spawnSync("node_modules/.bin/vitest", args, { stdio: "inherit" }).status ?? 1;
}

process.exit(await main());
