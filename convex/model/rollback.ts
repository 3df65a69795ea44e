import type { MutationCtx } from "../_generated/server";
import { isWrong, type Findings } from "./check/report";
import { changeTarget, PRECOMPUTED_FLAG } from "./flags";
import { readThresholds } from "./thresholds";

/**
 * Takes a user off the stored results the moment one of them differs from the records. It stays so
 * until a person revives the user.
 */
export async function rollBackDiffering(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  { equal, differing, differences }: Findings,
): Promise<void> {
  const first = differences.find(isWrong);
  if (first === undefined || !(await readThresholds(ctx)).rollsBackUsers) return;
  const { fault, aggregationType, filterHash, path, stored, expected } = first;
  const compared = equal + differing;
  await changeTarget(
    ctx,
    {
      key: PRECOMPUTED_FLAG,
      action: "rollout:rollbackUser",
      actor: "check:conclude",
      why:
        `${differing} of ${compared} results differ from the records; first: ` +
        `${aggregationType ?? fault} of ${filterHash ?? ""} at ${path} is ${stored}, expected ${expected}`,
      decision: {
        metric: "consistency",
        value: (compared - differing) / compared,
        threshold: 1,
        samples: compared,
        windowMs: 0,
      },
    },
    userId,
    { value: false },
  );
}
