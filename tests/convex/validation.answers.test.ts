import { afterEach, expect, test, vi } from "vitest";
import { encodeAttributes, readAttributes } from "../../src/engine/columns/attributes";
import { inTables } from "../support/reach";
import { build, documentsOf, only, validate } from "./damage";
import { DAY_MS, makeBackend, watch, watches } from "./support";

afterEach(() => vi.useRealTimers());

const ANN = "https://test|ann";

test("what the query computes of damaged attributes is found, takes the user off, and is made right", async () => {
  const t = makeBackend();
  await build(
    t,
    [ANN],
    [
      ...watches(30),
      watch({ videoId: "early", channelTitle: "Channel 0", watchedAt: Date.UTC(2020, 0, 1) }),
    ],
  );
  expect(await validate(t)).toMatchObject({ score: 1, counts: { compared: 60, equal: 60 } });
  const { _id, bytes } = only(await documentsOf(t, "channel_attributes", ANN));
  const attributes = readAttributes(new Uint8Array(bytes));
  for (let title = 0; title < attributes.urls.length; title++) {
    attributes.discoveredAt[title]! -= 1_000 * DAY_MS;
  }
  const damaged = new Uint8Array(encodeAttributes(attributes)).buffer;
  await inTables(t, (ctx) => ctx.db.patch("channel_attributes", _id, { bytes: damaged }));

  const found = await validate(t);
  expect(found.counts).toMatchObject({ equal: 60, stale: 0 });
  expect(found.counts["differing"]).toBeGreaterThan(0);
  expect(new Set(found.differences.map(({ fault }) => fault))).toEqual(new Set(["answer-differs"]));
  expect(found.differences[0]).toMatchObject({
    aggregationType: "enhanced_channel_metrics",
    path: "$[0].discovery.discoveredAt",
    stored: String(Date.UTC(2020, 0, 1) - 1_000 * DAY_MS),
    expected: String(Date.UTC(2020, 0, 1)),
  });
  expect(await documentsOf(t, "feature_flag_targets", ANN)).toMatchObject([{ value: false }]);
  expect(await validate(t, { repair: true })).toMatchObject({ counts: { repaired: 1 } });
  expect(await validate(t)).toMatchObject({ score: 1, counts: { equal: 60, differing: 0 } });
});
