import { readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** The entry points as `npx convex deploy` takes them: every module but generated ones. */
function entryPoints(): string[] {
  return readdirSync(join(root, "convex"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("_generated"))
    .filter((path) => !path.endsWith(".config.ts"))
    .map((path) => join(root, "convex", path));
}

async function bundle(entries: string[]) {
  return await build({
    entryPoints: entries,
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "esnext",
    conditions: ["convex", "module"],
    outdir: join(root, "dist"),
    logLevel: "silent",
    // Named, not resolved: so that one reached by accident shows with its importer.
    external: builtinModules.flatMap((name) => [name, `node:${name}`]),
  });
}

test("no Node built-in is reachable from the Convex modules", async () => {
  const { metafile } = await bundle(entryPoints());
  const reached = Object.entries(metafile.inputs).flatMap(([importer, input]) =>
    input.imports
      .filter((imported) => imported.external && builtinModules.includes(bare(imported.path)))
      .map((imported) => `${importer} → ${imported.path}`),
  );
  expect(Object.keys(metafile.inputs).length).toBeGreaterThan(30);
  expect(reached).toEqual([]);
});

test("only what production needs is bundled: no test tool, no parser, no React", async () => {
  const { metafile } = await bundle(entryPoints());
  const packages = new Set(
    Object.keys(metafile.inputs)
      .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
      .filter((name) => name !== undefined),
  );
  expect([...packages].sort()).toEqual([
    "@convex-dev/workpool",
    "@noble/hashes",
    "convex",
    "convex-helpers",
    "zod",
  ]);
});

function bare(path: string): string {
  return path.replace(/^node:/, "");
}
