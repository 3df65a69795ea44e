import { Cron } from "croner";
import { z } from "zod";
import type { EvaluatedModule } from "./evaluation";
import type { Finding, RehearsedPush } from "./finding";
import { nameModule } from "./push";

const cronsJson = z.record(
  z.string(),
  z.object({ name: z.string(), schedule: z.looseObject({ cron: z.string().optional() }) }),
);

/**
 * Rules on cron jobs: what Convex takes as their names and schedules, and that each runs an internal
 * function that exists. Two jobs of one name are an error when crons.js is imported.
 */
export function* checkCrons({ push, evaluation }: RehearsedPush): Generator<Finding> {
  for (const [index, component] of push.entries()) {
    const { modules } = evaluation.components[index]!;
    const json = modules.find(({ path }) => path === "crons.js")?.cronsJson ?? "{}";
    for (const [name, { name: target, schedule }] of Object.entries(
      cronsJson.parse(JSON.parse(json)),
    )) {
      const where = nameModule(component, `crons.js, job "${name}"`);
      if (!/^[ -~]+$/.test(name)) {
        yield { where, problem: "its name may have printable ASCII characters only" };
      }
      if (schedule.cron !== undefined && !isSchedule(schedule.cron)) {
        yield { where, problem: `"${schedule.cron}" is not a schedule of five fields` };
      }
      yield* checkTarget(where, target, modules);
    }
  }
}

function* checkTarget(
  where: string,
  target: string,
  modules: readonly EvaluatedModule[],
): Generator<Finding> {
  const [module = "", name = "default"] = target.split(":");
  const functions = modules.find(({ path }) => path === `${module}.js`)?.functions ?? [];
  const found = functions.find((candidate) => candidate.name === name);
  if (found === undefined) {
    yield { where, problem: `runs ${target}, which is not pushed` };
  } else if (found.visibility !== "internal") {
    yield { where, problem: `runs ${target}, which is ${found.visibility}; it must be internal` };
  }
}

function isSchedule(text: string): boolean {
  if (text.trim().split(/\s+/).length !== 5) return false;
  try {
    new Cron(text, { paused: true });
    return true;
  } catch {
    return false;
  }
}
