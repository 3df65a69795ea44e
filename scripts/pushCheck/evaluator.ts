import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Evaluation, EvaluationRequest } from "./evaluation";

const SCRIPT = join(import.meta.dirname, "evaluateProcess.ts");
/** Node.js evaluates modules in a context of their own under this flag only. */
const EXEC_ARGV = ["--experimental-vm-modules", "--no-warnings", "--import", "tsx"];

/** Evaluates pushes, one after the other, in a process of its own; close it in the end. */
export class Evaluator {
  private readonly child = fork(SCRIPT, { execArgv: EXEC_ARGV, serialization: "advanced" });
  private readonly ended = once(this.child, "exit");

  /** @throws where the process itself ends; what is wrong with a module is in the evaluation. */
  async evaluate(request: EvaluationRequest): Promise<Evaluation> {
    const answered = once(this.child, "message") as Promise<[Evaluation]>; // it sends nothing else
    this.child.send(request);
    const ended = this.ended.then((): never => {
      throw new Error("The process that evaluates the push ended");
    });
    const [evaluation] = await Promise.race([answered, ended]);
    return evaluation;
  }

  async close(): Promise<void> {
    this.child.kill();
    await this.ended;
  }
}
