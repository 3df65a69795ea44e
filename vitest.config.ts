import { defineConfig } from "vitest/config";

/** Tests of files like these share the modules that are loaded, and code that is already fast. */
const SHARED = { isolate: false };
/** These change globals, such as the console and timers, or start processes. */
const OWN_PROCESS = ["tests/localBackend/**/*.test.ts", "tests/scripts/**/*.test.ts"];

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
          exclude: ["tests/convex/**", "tests/react/**", "tests/e2e/**", ...OWN_PROCESS],
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
