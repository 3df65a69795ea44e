import fc from "fast-check";
import { expect, it } from "vitest";
import { compareKeys, SortedKeys, type Key } from "../../scripts/localBackend/sortedKeys";

const CHUNK = 4;
const change = fc.record({ isInsert: fc.boolean(), value: fc.nat(12), place: fc.nat(99) });

it("keeps the order of a sorted list, in chunks, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), fc.nat(13), (changes, looked) => {
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
      expect([...sorted.between(0, Infinity)]).toEqual(list);
      const rank = list.filter((key) => compareKeys(key, [looked]) < 0).length;
      expect(sorted.rankOf((key) => compareKeys(key, [looked]) >= 0)).toBe(rank);
      expect([...sorted.between(2, 5)]).toEqual(list.slice(2, 5));
    }),
    { numRuns: 500 },
  );
});
