import fc from "fast-check";
import { expect, it } from "vitest";
import { compareKeys, SortedKeys, type Key } from "../../scripts/localBackend/sortedKeys";

const CHUNK = 4;
const change = fc.record({ isInsert: fc.boolean(), value: fc.nat(12), place: fc.nat(99) });

it("keeps the order of a sorted list, in chunks, whatever comes and goes", () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 80 }),
      fc.nat(13),
      fc.nat(13),
      fc.nat(9),
      (changes, low, high, limit) => {
        const sorted = new SortedKeys(CHUNK);
        const list: Key[] = [];
        changes.forEach(({ isInsert, value, place }, index) => {
          if (isInsert || list.length === 0) {
            const key = [value, `id${String(index)}`];
            sorted.insert(key);
            list.push(key);
            list.sort((a, b) => compareKeys(a, b));
          } else {
            const [removed] = list.splice(place % list.length, 1);
            sorted.remove(removed!);
          }
        });
        const from = sorted.placeOf((key) => compareKeys(key, [low]) >= 0);
        const to = sorted.placeOf((key) => compareKeys(key, [high]) > 0);
        const between = list.filter(
          (key) => compareKeys(key, [low]) >= 0 && compareKeys(key, [high]) <= 0,
        );
        expect([...sorted.ascending(from, to)]).toEqual(between);
        expect([...sorted.ascending(from, to, limit)]).toEqual(between.slice(0, limit));
        between.reverse();
        expect([...sorted.descending(from, to)]).toEqual(between);
        expect([...sorted.descending(from, to, limit)]).toEqual(between.slice(0, limit));
      },
    ),
    { numRuns: 500 },
  );
});
