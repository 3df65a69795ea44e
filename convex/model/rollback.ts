import type { MutationCtx } from "../_generated/server";
import { changeTarget, PRECOMPUTED_FLAG } from "./flags";
import { readThresholds } from "./thresholds";

/** What a validation found wrong. */
export interface Finding {
  compared: number;
  differing: number;
  first: {
    filterHash: string;
    aggregationType: string;
    path: string;
    stored: string;
    expected: string;
  };
}

/**
 * Takes a user off the stored results the moment one of them differs from the records. It stays so
 * until a person revives the user.
 */
export async function rollBackDiffering(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  { compared, differing, first }: Finding,
): Promise<void> {
  if (!(await readThresholds(ctx)).rollsBackUsers) return;
  const { aggregationType, filterHash, path, stored, expected } = first;
  await changeTarget(
    ctx,
    {
      key: PRECOMPUTED_FLAG,
      action: "rollout:rollbackUser",
      actor: "validation:conclude",
      why:
        `${differing} of ${compared} results differ from the records; first: ` +
        `${aggregationType} of ${filterHash} at ${path} is ${stored}, expected ${expected}`,
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
