import type { TestConvex } from "convex-test";
import type { GenericSchema, SchemaDefinition } from "convex/server";

// "@convex-dev/workpool/test" has no types beside its sources, which are not as strict as ours.

declare const workpool: {
  /** Registers the workpool and the components it uses, as `components.workpool`. */
  register: <Schema extends SchemaDefinition<GenericSchema, boolean>>(
    t: TestConvex<Schema>,
  ) => void;
};
export default workpool;
