import { v } from "convex/values";
import { refusal } from "./errors";
import { userMutation } from "./functions";
import { readSampleValidator } from "./metricValidators";
import { addSample } from "./model/samples";

/** Reads one report may tell of. */
const MAX_READS = 200;

/**
 * What the hooks of a page saw: how reads were answered and how long it took. Noted without the
 * user, in a row of its own, so that no two pages ever wait for each other.
 */
export const report = userMutation({
  args: { samples: v.array(readSampleValidator) },
  returns: v.null(),
  handler: async (ctx, { samples }) => {
    if (samples.length > MAX_READS) {
      throw refusal(
        "BATCH_TOO_LARGE",
        `samples has ${samples.length} entries; at most ${MAX_READS} are allowed a call.`,
      );
    }
    const broken = samples.find(({ responseMs }) => !(responseMs >= 0 && responseMs < Infinity));
    if (broken !== undefined) {
      throw refusal("INVALID_RECORDS", `responseMs is ${broken.responseMs}; it must be from 0 on.`);
    }
    if (samples.length > 0) await addSample(ctx, { kind: "reads", reads: samples });
    return null;
  },
});
