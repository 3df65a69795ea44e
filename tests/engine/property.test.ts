import fc from "fast-check";
import { describe, it } from "vitest";
import { aggregate, AGGREGATION_TYPES } from "../../src/engine/index";
import {
  expectMatchesSchemas,
  expectSame,
  expectSameResults,
  propertyRuns,
} from "./reference/compare";
import { crowd } from "./reference/crowds";
import { referenceAggregate } from "./reference/index";
import { scenario, type Scenario } from "./reference/scenarios";

/** Some ten seconds each on two cores; a busy machine must not turn that into a failure. */
const SLOW = { timeout: 180_000 };

function expectReferenceResults({ records, ...query }: Scenario): void {
  const results = aggregate(records, query);
  expectSameResults(results, { ...referenceAggregate(records, query) });
  expectMatchesSchemas(results);
}

describe("the engine, on random histories,", () => {
  it("gives the reference's results for small histories of every kind", SLOW, () => {
    fc.assert(fc.property(scenario(40), expectReferenceResults), propertyRuns(700));
  });

  it("gives the reference's results for a few hundred watches", SLOW, () => {
    fc.assert(fc.property(scenario(400), expectReferenceResults), propertyRuns(100));
  });

  it("gives the reference's results where there is more than the lists hold", SLOW, () => {
    fc.assert(fc.property(crowd, expectReferenceResults), propertyRuns(30));
  });

  it("does not care about the order of the records", () => {
    const shuffled = scenario(60).chain((given) =>
      fc
        .shuffledSubarray(given.records, { minLength: given.records.length })
        .map((reordered) => ({ ...given, reordered })),
    );
    fc.assert(
      fc.property(shuffled, ({ records, reordered, ...query }) => {
        expectSameResults(aggregate(reordered, query), aggregate(records, query));
      }),
      propertyRuns(150),
    );
  });

  it("computes, asked for some types, exactly those of the full run", () => {
    fc.assert(
      fc.property(
        scenario(60),
        fc.subarray([...AGGREGATION_TYPES]),
        ({ records, ...query }, types) => {
          const full = aggregate(records, query);
          const restricted = Object.fromEntries(types.map((type) => [type, full[type]]));
          expectSame(aggregate(records, { ...query, types }), restricted, "the restricted run");
        },
      ),
      propertyRuns(150),
    );
  });

  it("leaves the records it is given as they were", () => {
    fc.assert(
      fc.property(scenario(30), ({ records, ...query }) => {
        const before = structuredClone(records);
        aggregate(records, query);
        expectSame(records, before, "the records");
      }),
      propertyRuns(50),
    );
  });
});
