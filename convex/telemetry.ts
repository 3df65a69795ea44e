import { v } from "convex/values";
import { refusal } from "./errors";
import { patientMutation } from "./functions";
import { readSampleValidator } from "./metricValidators";
import { addReport } from "./model/samples";

/** Reads one report may tell of. */
const MAX_READS = 200;

/**
 * What the hooks of a page saw: how reads were answered and how long it took. Noted in a row of its
 * own, so that no two users ever wait for each other, and under a digest of the user, which goes
 * with the row a day later. At most ten reports a minute and user (`RATE_LIMITED`).
 */
export const report = patientMutation({
  args: { samples: v.array(readSampleValidator) },
  returns: v.null(),
  handler: async (ctx, { samples }) => {
    if (ctx.isErasing) return null;
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
    if (samples.length > 0) await addReport(ctx, ctx.userId, samples);
    return null;
  },
});
