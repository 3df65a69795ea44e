import type { MutationCtx } from "../_generated/server";
import type { Figure } from "../metricValidators";
import { closeAlert, interruptAlert, raiseAlert } from "./alerts";
import { hasRecovered } from "./figures";
import { changeFlag, describeKilled, PRECOMPUTED_FLAG, readFlags } from "./flags";
import type { Thresholds } from "./thresholds";

const MINUTE_MS = 60_000;

/**
 * Opens, keeps or closes the alert of a figure, and kills the flag where it stays beyond its limit
 * for as many windows as the limits say. Too few samples say nothing and change nothing.
 */
export async function judgeFigure(
  ctx: Pick<MutationCtx, "db">,
  figure: Figure,
  limits: Thresholds,
  now: number,
): Promise<void> {
  const { metric, status, windowMs } = figure;
  if (status === "inconclusive") return;
  if (status === "ok") {
    if (hasRecovered(figure)) await closeAlert(ctx, metric, now);
    else await interruptAlert(ctx, metric);
    return;
  }
  const sight = { cause: metric, message: describe(figure), windowMs, now };
  const windows = await raiseAlert(ctx, sight);
  if (windows >= limits.breachWindows && limits.killsOnBreach) {
    await killFor(ctx, figure, windows, now);
  }
}

/** Off for everybody until a person revives it. */
async function killFor(
  ctx: Pick<MutationCtx, "db">,
  figure: Figure,
  windows: number,
  now: number,
): Promise<void> {
  const { metric, value, threshold, samples, windowMs } = figure;
  if (value === null || threshold === null) return;
  const [flag, second] = await readFlags(ctx, PRECOMPUTED_FLAG);
  // Nobody has begun to roll out, it is over already, or nobody is on as the rows make no sense.
  if (flag === undefined || flag.killed !== null || second !== undefined) return;
  const why = `${describe(figure)}, ${windows} windows in a row`;
  await changeFlag(
    ctx,
    {
      key: PRECOMPUTED_FLAG,
      action: "flags:kill",
      actor: "monitoring:tick",
      why,
      decision: { metric, value, threshold, samples, windowMs },
    },
    "killed",
    { at: now, why },
    describeKilled,
  );
}

function describe({ metric, value, threshold, samples, windowMs }: Figure): string {
  const minutes = windowMs / MINUTE_MS;
  return `${metric} is ${shown(value)}, limit ${shown(threshold)}, of ${samples} samples in ${minutes} minutes`;
}

function shown(value: number | null): string {
  return value === null ? "none" : String(Number(value.toPrecision(4)));
}
