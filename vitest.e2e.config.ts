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
    // One browser at a time: they share two cores with the backends they look at.
    fileParallelism: false,
  },
});
