import { defineConfig } from "vitest/config";

/** Tests that drive the built page in Chromium: `npm run test:e2e`. */
export default defineConfig({
  test: {
    name: "e2e",
    environment: "node",
    include: ["tests/e2e/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    setupFiles: ["tests/e2e/setup.ts"],
    // Files share a browser, and what takes seconds to load.
    isolate: false,
    // More browsers and backends than two cores can serve would time out.
    maxWorkers: 2,
  },
});
