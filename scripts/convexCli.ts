import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Convex's own CLI, of the version that a project uses. Not bin/main.js, which takes half a second
 * longer only to load this file.
 */
export function convexCli(projectDirectory: string): string {
  const root = createRequire(join(projectDirectory, "package.json"));
  return join(root.resolve("convex/package.json"), "../dist/cli.bundle.cjs");
}
