import { createHash } from "node:crypto";
import type { Caller, Outcome } from "./functions";
import type { FunctionMessage } from "./syncProtocol";

/** Successes kept for clients that ask again after a lost connection; then the oldest go. */
const MAX_ANSWERS = 1_000;
const MAX_ANSWER_BYTES = 32 * 2 ** 20;
/** The real backend's OPERATION_QUEUE_BUFFER_SIZE. */
const MAX_WAITING = 1_000;

/** How a mutation ended, and when it was committed. */
export interface Answer {
  outcome: Outcome;
  committedAt: bigint;
}

interface KeptAnswer {
  answer: Answer;
  bytes: number;
}

/** The mutations of one client, over all its connections. */
interface Queue {
  last: Promise<unknown>;
  waiting: number;
}

/**
 * Runs the mutations of each client session one after the other, and each of them once: a client
 * that lost its connection sends what it has no answer to again. An answer is only given to the
 * same call of the same session by the same user. A mutation that failed has no effect, so it is
 * run again, as the real backend does.
 */
export class MutationMemory {
  private readonly queues = new Map<string, Queue>();
  private readonly answers = new Map<string, KeptAnswer>();
  private bytes = 0;

  /**
   * @param caller settles with who sent it; where it rejects, so does the answer.
   * @returns null where too many mutations of the session wait already.
   */
  run(
    sessionId: string,
    message: FunctionMessage,
    caller: Promise<Caller>,
    execute: (caller: Caller) => Promise<Answer>,
  ): Promise<Answer> | null {
    const queue = this.queues.get(sessionId) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= MAX_WAITING) return null;
    this.queues.set(sessionId, queue);
    queue.waiting += 1;
    const answer = queue.last.then(async () => {
      const key = keyOf(sessionId, message, await caller);
      const kept = this.answers.get(key);
      if (kept !== undefined) return kept.answer;
      const fresh = await execute(await caller);
      if (fresh.outcome.isSuccess) this.keep(key, fresh);
      return fresh;
    });
    queue.last = answer
      .catch(() => undefined)
      .then(() => {
        queue.waiting -= 1;
        if (queue.waiting === 0) this.queues.delete(sessionId);
      });
    return answer;
  }

  private keep(key: string, answer: Answer): void {
    const bytes = JSON.stringify(answer.outcome).length;
    this.answers.set(key, { answer, bytes });
    this.bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.answers) {
      if (this.answers.size <= MAX_ANSWERS && this.bytes <= MAX_ANSWER_BYTES) return;
      this.answers.delete(oldest);
      this.bytes -= freed;
    }
  }
}

function keyOf(sessionId: string, message: FunctionMessage, caller: Caller): string {
  const { requestId, udfPath, args } = message;
  const call = JSON.stringify([
    sessionId,
    requestId,
    caller.isAdmin,
    caller.identity,
    udfPath,
    args,
  ]);
  return createHash("sha256").update(call).digest("base64");
}
