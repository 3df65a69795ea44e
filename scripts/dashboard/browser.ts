import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

export const MISSING_CHROMIUM =
  "This needs Chromium: install it with `apt-get install chromium`, or set CHROMIUM_PATH to yours.";

const USUAL_PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** No sandbox, as in containers, and nothing that looks for the internet. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where Chromium is; null where there is none. */
export function chromiumPath(): string | null {
  const chosen = process.env["CHROMIUM_PATH"];
  const paths = chosen === undefined ? USUAL_PATHS : [chosen];
  return paths.find((path) => existsSync(path)) ?? null;
}

/** @throws where there is no Chromium. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error(MISSING_CHROMIUM);
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath, args: FLAGS });
}
