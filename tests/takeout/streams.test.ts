import { describe, expect, it } from "vitest";
import { parseTakeout } from "../../src/takeout";
import { read, streamOf, watch } from "./support";

const ELEMENTS = [
  watch({ title: 'Watched 猫 🪴 é \\ " \u2028' }),
  watch({ titleUrl: "https://www.youtube.com/shorts/abcdefghijk" }),
  watch({ details: [{ name: "From Google Ads" }] }),
  null,
  "stray 🪴",
];
const TEXT = JSON.stringify(ELEMENTS, null, 1).replace("watch?v=", "watch?v\\u003d");
const BYTES = new TextEncoder().encode(TEXT);

function encodeUtf16(text: string, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), isLittleEndian);
  }
  return new Uint8Array(view.buffer);
}

describe("a source", async () => {
  const expected = (await read(TEXT)).entries;

  it("gives an entry for every element", () => {
    expect(expected).toHaveLength(ELEMENTS.length);
    expect(expected[0]).toMatchObject({
      record: { videoTitle: '猫 🪴 é \\ "', videoId: "abcdefghijk" },
    });
  });

  it("gives the same entries wherever its bytes are cut in two", async () => {
    for (let cut = 0; cut <= BYTES.length; cut++) {
      const { entries } = await read(streamOf([BYTES.subarray(0, cut), BYTES.subarray(cut)]));
      expect(entries, `cut at byte ${cut}`).toEqual(expected);
    }
  });

  it("gives the same entries byte by byte", async () => {
    const chunks = Array.from(BYTES, (byte) => Uint8Array.of(byte));
    expect((await read(streamOf(chunks))).entries).toEqual(expected);
  });

  it("gives the same entries as text cut inside characters", async () => {
    const units = Array.from({ length: TEXT.length }, (_, index) => TEXT.charAt(index));
    expect((await read(streamOf(units))).entries).toEqual(expected);
  });

  it.each([
    ["bytes", BYTES],
    ["UTF-8 with a byte order mark", new TextEncoder().encode(`\uFEFF${TEXT}`)],
    ["text with a byte order mark", `\uFEFF${TEXT}`],
    ["UTF-16LE with a byte order mark", encodeUtf16(`\uFEFF${TEXT}`, true)],
    ["UTF-16BE with a byte order mark", encodeUtf16(`\uFEFF${TEXT}`, false)],
    ["UTF-16LE", encodeUtf16(TEXT, true)],
    ["UTF-16BE", encodeUtf16(TEXT, false)],
    ["blanks around the list", ` \r\n\t${TEXT}\n \n`],
  ])("gives the same entries as %s", async (_form, source) => {
    expect(await read(source)).toEqual({ entries: expected, error: null });
  });

  it("gives the same entries as UTF-16 cut inside code units", async () => {
    const chunks = Array.from(encodeUtf16(`\uFEFF${TEXT}`, false), (byte) => Uint8Array.of(byte));
    expect((await read(streamOf(chunks))).entries).toEqual(expected);
  });

  it("may hold damaged letters: they are replaced, and nothing is lost", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify([watch({ title: "Watched é a#b" })]));
    bytes[bytes.indexOf("#".charCodeAt(0))] = 0xff;
    expect((await read(bytes)).entries).toMatchObject([{ record: { videoTitle: "é a\uFFFDb" } }]);
  });

  it("may hold an entry of hundreds of thousands of characters", async () => {
    const title = "猫🪴".repeat(100_000);
    const { entries, error } = await read(
      new TextEncoder().encode(JSON.stringify([watch({ title: `Watched ${title}` }), watch({})])),
    );
    expect(error).toBeNull();
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({ record: { videoTitle: title } });
  });

  it.each([
    ["a title of millions", watch({ title: '\\"]},'.repeat(300_000) })],
    ["a text of millions", "x".repeat(2_000_000)],
    ["a list of thousands", watch({ more: Array.from({ length: 200_000 }, (_, n) => [n]) })],
    [
      "thousands of keys",
      Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n])),
    ],
  ])("may hold %s: it is skipped, whatever is around it", async (_what, element) => {
    for (const elements of [
      [element, watch({})],
      [watch({}), element],
      [watch({}), element, watch({})],
    ]) {
      const { entries, error } = await read(JSON.stringify(elements));
      expect(error).toBeNull();
      expect(entries.map((entry) => ("skipped" in entry ? entry.skipped : "record"))).toEqual(
        elements.map((one) => (one === element ? "too-large" : "record")),
      );
    }
  });

  it("that ends in an entry of millions of characters says so", async () => {
    const { entries, error } = await read(
      `[${JSON.stringify(watch({}))},"${"x".repeat(3_000_000)}`,
    );
    expect(entries).toHaveLength(1);
    expect(error?.code).toBe("TRUNCATED_FILE");
  });

  it("is cancelled when the reader leaves the loop", async () => {
    let isCancelled = false;
    const endless = new ReadableStream<string>({
      start: (controller) => controller.enqueue("["),
      pull: (controller) => controller.enqueue(`${JSON.stringify(watch({}))},`),
      cancel: () => void (isCancelled = true),
    });
    const entries: unknown[] = [];
    for await (const entry of parseTakeout(endless)) {
      entries.push(entry);
      if (entries.length === 3) break;
    }
    expect(isCancelled).toBe(true);
  });

  it("is cancelled when it is refused", async () => {
    let isCancelled = false;
    const page = new ReadableStream<string>({
      pull: (controller) => controller.enqueue("<html>"),
      cancel: () => void (isCancelled = true),
    });
    expect((await read(page)).error?.code).toBe("NOT_WATCH_HISTORY");
    expect(isCancelled).toBe(true);
  });

  it("that fails passes its own error on, after the entries before it", async () => {
    const failing = new ReadableStream<string>({
      start: (controller) => controller.enqueue(`[${JSON.stringify(watch({}))},`),
      pull: (controller) => controller.error(new Error("the disk is gone")),
    });
    const titles: unknown[] = [];
    const reading = (async () => {
      for await (const entry of parseTakeout(failing)) titles.push(entry);
    })();
    await expect(reading).rejects.toThrow("the disk is gone");
    expect(titles).toHaveLength(1);
  });
});

describe("a file that ends early", () => {
  it("gives what was read, then says so, wherever it is cut", async () => {
    const whole = await read(TEXT);
    let most = 0;
    for (let length = 1; length < BYTES.length; length++) {
      const { entries, error } = await read(BYTES.subarray(0, length));
      expect(error, `cut to ${length} bytes`).toMatchObject({
        code: "TRUNCATED_FILE",
        entriesRead: entries.length,
      });
      expect(entries).toEqual(whole.entries.slice(0, entries.length));
      expect(entries.length).toBeGreaterThanOrEqual(most);
      most = entries.length;
    }
    expect(most).toBe(ELEMENTS.length);
  });
});
