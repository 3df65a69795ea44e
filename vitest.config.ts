import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

/** Tests of files like these share the modules that are loaded, and code that is already fast. */
const SHARED = { isolate: false };
/** These change globals, such as the console and timers, or start processes. */
const OWN_PROCESS = ["tests/localBackend/**/*.test.ts", "tests/scripts/**/*.test.ts"];

const ELEVENTH = fileURLToPath(new URL("tests/recipe/yearsAgo.ts", import.meta.url));

/**
 * The edits that src/engine/README.md asks for under "Adding an aggregation", made as the modules
 * are loaded: a file of its own, its type, and a line in the registry.
 */
const RECIPE: Record<string, (code: string) => string> = {
  "src/engine/query/vocabulary.ts": (code) =>
    code.replace(/("topic_evolution",)(\s*\] as const)/, '$1 "years_ago",$2'),
  "src/engine/aggregations/registry.ts": (code) =>
    `import { yearsAgo } from ${JSON.stringify(ELEVENTH)};\n` +
    code.replace("topic_evolution: topicEvolution,", "$& years_ago: yearsAgo,"),
};

function followsRecipe(): Plugin {
  return {
    name: "recipe",
    enforce: "pre",
    transform(code, id) {
      const edit = Object.entries(RECIPE).find(([path]) => id.endsWith(path))?.[1];
      if (edit === undefined) return null;
      const edited = edit(code);
      if (edited === code) throw new Error(`the recipe no longer fits ${id}`);
      return { code: edited, map: null };
    },
  };
}

export default defineConfig({
  test: {
    // By default one core is left idle.
    maxWorkers: "100%",
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          ...SHARED,
          name: "node",
          environment: "node",
          include: ["tests/**/*.test.ts"],
          exclude: [
            "tests/convex/**",
            "tests/react/**",
            "tests/e2e/**",
            "tests/recipe/**",
            ...OWN_PROCESS,
          ],
        },
      },
      {
        extends: true,
        test: { name: "processes", environment: "node", include: OWN_PROCESS },
      },
      {
        extends: true,
        test: {
          ...SHARED,
          name: "convex",
          // Not the edge runtime: the push rehearsal and ESLint keep Node's globals out of functions,
          // and the tests take two thirds of the time.
          environment: "node",
          include: ["tests/convex/**/*.test.ts"],
          server: { deps: { inline: ["convex-test", /@convex-dev/] } },
        },
      },
      {
        extends: true,
        plugins: [followsRecipe()],
        test: {
          name: "recipe",
          environment: "node",
          include: ["tests/recipe/**/*.test.ts"],
          server: { deps: { inline: ["convex-test", /@convex-dev/] } },
        },
      },
      {
        extends: true,
        test: {
          name: "react",
          environment: "happy-dom",
          environmentOptions: {
            happyDOM: { settings: { fetch: { disableSameOriginPolicy: true } } },
          },
          include: ["tests/react/**/*.test.{ts,tsx}"],
          globalSetup: ["tests/react/globalSetup.ts"],
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
