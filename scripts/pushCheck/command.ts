import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../console/command";
import type { Surroundings } from "../console/surroundings";
import { numbers } from "../console/text";
import { parseCommandLine, UsageError } from "../console/usageError";
import {
  capturePush,
  countBytes,
  evaluationRequest,
  Evaluator,
  isChunk,
  judgePush,
  MAX_CODE_BYTES,
  type RehearsedPush,
} from "./index";

const USAGE = `Usage: npm run push-check [-- PROJECT]

Rehearses \`npx convex deploy\` without a deployment: see scripts/pushCheck/README.md.

  PROJECT  the folder that holds package.json and convex/ (default: this project)`;

const ROOT = join(import.meta.dirname, "../..");

function summarize({ push, evaluation }: RehearsedPush): string {
  const entries = push.map(({ modules }) => modules.filter((module) => !isChunk(module)).length);
  const functions = evaluation.components[0]!.modules.flatMap((module) => module.functions);
  const share = `${numbers.format(countBytes(push))} of ${numbers.format(MAX_CODE_BYTES)} bytes`;
  return (
    `A deployment would take it: ${entries[0]!} modules with ${functions.length} functions, ` +
    `${push.length - 1} components, ${share}.`
  );
}

async function rehearse(project: string): Promise<RehearsedPush> {
  console.log("Bundling the code with `npx convex deploy`, against a stand-in deployment");
  const push = await capturePush(project);
  console.log("Evaluating each module as a deployment does");
  const evaluator = new Evaluator();
  try {
    return { push, evaluation: await evaluator.evaluate(evaluationRequest(push)) };
  } finally {
    await evaluator.close();
  }
}

async function main(project: string): Promise<number> {
  const rehearsed = await rehearse(project);
  const findings = judgePush(rehearsed, project);
  if (findings.length === 0) {
    console.log(summarize(rehearsed));
    return 0;
  }
  console.error("This push breaks these rules:");
  for (const { where, problem } of findings) console.error(`- ${where}: ${problem}`);
  return 1;
}

/** `npm run push-check`: names the rules that a push breaks. Returns the exit code. */
export async function pushCheck(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, async () => {
    const { positionals } = parseCommandLine(() =>
      parseArgs({ args: around.args, allowPositionals: true }),
    );
    const [project = ROOT, ...others] = positionals;
    if (others.length > 0) throw new UsageError(`only one PROJECT can be checked at a time`);
    if (!existsSync(join(project, "package.json"))) {
      throw new UsageError(`PROJECT is ${project}; it must be a folder with a package.json`);
    }
    return await main(resolve(project));
  });
}
