import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
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
export async function pushCheck({ args }: Pick<Surroundings, "args">): Promise<number> {
  try {
    const { positionals } = parseCommandLine(() => parseArgs({ args, allowPositionals: true }));
    return await main(resolve(positionals[0] ?? ROOT));
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (isUsage) console.error(`${error.message}\n\n${USAGE}`);
    else console.error(error instanceof Error ? error.message : error);
    return isUsage ? 2 : 1;
  }
}
