import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { env, httpAction } from "./_generated/server";
import { carriesToken } from "./model/bearer";

/** What probes and Prometheus read. */
const http = httpRouter();

/** 200 while all is well or starting, 503 while an alert is open or the crons are silent. */
http.route({
  path: "/health",
  method: "GET",
  handler: httpAction(async (ctx) => {
    const health = await ctx.runQuery(internal.monitoring.health, { now: Date.now() });
    return new Response(JSON.stringify(health), {
      status: health.status === "failing" ? 503 : 200,
      headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    });
  }),
});

/**
 * Prometheus's text format, for who brings the token of the environment variable METRICS_TOKEN:
 * `npx convex env set METRICS_TOKEN …`. While it is not set, nobody may read it.
 */
http.route({
  path: "/metrics",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const token = env["METRICS_TOKEN"] ?? "";
    if (token === "" || !carriesToken(request.headers.get("Authorization"), token)) {
      const message =
        token === ""
          ? "METRICS_TOKEN is not set in this deployment's environment.\n"
          : "This needs the header Authorization: Bearer, with the token METRICS_TOKEN.\n";
      const headers = { "WWW-Authenticate": "Bearer", "Content-Type": "text/plain" };
      return new Response(message, { status: 401, headers });
    }
    const text = await ctx.runQuery(internal.monitoring.metrics, {});
    const contentType = "text/plain; version=0.0.4; charset=utf-8";
    return new Response(text, {
      headers: { "Content-Type": contentType, "Cache-Control": "no-store" },
    });
  }),
});

export default http;
