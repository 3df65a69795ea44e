import { build } from "esbuild";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleSizes } from "../../scripts/bench/dashboard/bundles";

const KIB = 1_024;

test("the hooks stay under 12 kB, and the engine they load when needed under 20 kB", async () => {
  const { hooksBytes, engineBytes } = await bundleSizes();
  expect(hooksBytes).toBeGreaterThan(3 * KIB);
  expect(hooksBytes).toBeLessThan(12 * KIB);
  expect(engineBytes).toBeGreaterThan(10 * KIB);
  expect(engineBytes).toBeLessThan(20 * KIB);
});

test("of the engine, the hooks hold what asks, not what computes", async () => {
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, "../../src/react/index.ts")],
    bundle: true,
    splitting: true,
    format: "esm",
    metafile: true,
    write: false,
    outdir: "out",
    external: ["react", "convex", "convex/*"],
  });
  const entry = metafile.outputs["out/index.js"]!;
  const loaded = [
    entry,
    ...entry.imports
      .filter(({ kind }) => kind === "import-statement")
      .map(({ path }) => metafile.outputs[path])
      .filter((output) => output !== undefined),
  ];
  const inputs = loaded.flatMap((output) => Object.keys(output.inputs));
  const engine = inputs.filter((path) => path.startsWith("src/engine/"));
  expect(engine.length).toBeGreaterThan(0);
  // Intervals are made of dates.
  const asking = /^src\/engine\/(query\/|calendar\/dates\.ts$)/;
  expect(engine.filter((path) => !asking.test(path))).toEqual([]);
  expect(inputs.filter((path) => path.includes("fallback/"))).toEqual([]);
});
