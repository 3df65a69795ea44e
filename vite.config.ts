import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Builds the dashboard. `npm run dev` and `npm run demo` serve it with a development session. */
export default defineConfig({
  root: join(import.meta.dirname, "src/dashboard"),
  envDir: import.meta.dirname,
  plugins: [react()],
  worker: { format: "es" },
  build: {
    outDir: join(import.meta.dirname, "dist"),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: true,
  },
});
