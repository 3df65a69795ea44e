import workpool from "@convex-dev/workpool/convex.config.js";
import { defineApp } from "convex/server";
import { v } from "convex/values";

const app = defineApp({
  // The `env` of the functions knows no other variables than these.
  env: {
    ADMIN_CLAIM: v.optional(v.string()),
    AUTH_ISSUER: v.optional(v.string()),
    JOB_PARALLELISM: v.optional(v.string()),
    METRICS_TOKEN: v.optional(v.string()),
  },
});
app.use(workpool);

export default app;
