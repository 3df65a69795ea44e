import * as z from "zod/mini";
import { addMonths } from "../../src/engine/calendar/dates";
import { defineAggregation } from "../../src/engine/aggregations/define";

/** Videos of the year that ended three years ago: a look-back of its own, which it does not name. */
export const yearsAgo = defineAggregation({
  version: 1,
  schema: z.object({ videos: z.int() }),
  compute: (view) => {
    const { asOf } = view.prepared;
    const [start, end] = view.rowsOfDays(addMonths(asOf, -48), addMonths(asOf, -36));
    return { videos: end - start };
  },
});
