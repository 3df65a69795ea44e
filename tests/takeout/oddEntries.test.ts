import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { read } from "./support";

interface OddEntry {
  entry: unknown;
  becomes: Record<string, unknown>;
}

// A fixture of ours: its shape is the one above.
const ODD_ENTRIES = JSON.parse(
  readFileSync(new URL("../fixtures/takeout/odd-entries.json", import.meta.url), "utf8"),
) as OddEntry[];

describe("the odd entries of real exports", async () => {
  const { entries, error } = await read(JSON.stringify(ODD_ENTRIES.map(({ entry }) => entry)));

  it("are all accounted for, in order", () => {
    expect(error).toBeNull();
    expect(entries).toHaveLength(ODD_ENTRIES.length);
  });

  it.each(ODD_ENTRIES.map((odd, index) => [index, JSON.stringify(odd.entry), odd] as const))(
    "number %i becomes what the fixture says: %s",
    (index, _text, { becomes }) => {
      expect(entries[index]).toMatchObject(becomes);
    },
  );
});
