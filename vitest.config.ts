import { defineConfig } from "vitest/config";

/** Tests of Convex functions run in the edge runtime, as near to Convex's isolate as Node gets. */
export default defineConfig({
  test: {
    // By default one core is left idle.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/convex/**", "tests/react/**", "tests/e2e/**"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "convex",
          environment: "edge-runtime",
          include: ["tests/convex/**/*.test.ts"],
          testTimeout: 60_000,
          server: { deps: { inline: ["convex-test", /@convex-dev/] } },
        },
      },
      {
        test: {
          name: "react",
          environment: "happy-dom",
          environmentOptions: {
            happyDOM: { settings: { fetch: { disableSameOriginPolicy: true } } },
          },
          include: ["tests/react/**/*.test.{ts,tsx}"],
          globalSetup: ["tests/react/globalSetup.ts"],
          testTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
