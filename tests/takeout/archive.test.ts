import { deflateRawSync, gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { parseTakeout, type FoundHistory } from "../../src/takeout";
import { part, tarOf, zipOf, type ZipForm } from "./archives";
import { block, page } from "./htmlSupport";
import { read, streamOf, watch } from "./support";

const HISTORY = JSON.stringify(
  Array.from({ length: 30 }, (_, index) => watch({ title: `Watched Walk ${String(index)}` })),
);
const SEARCHES = JSON.stringify(
  Array.from({ length: 40 }, (_, index) => ({
    header: "YouTube",
    title: `Searched for walk ${String(index)}`,
    titleUrl: `https://www.youtube.com/results?search_query=walk+${String(index)}`,
    time: "2024-03-10T08:00:00.000Z",
  })),
);
const PICTURE = Uint8Array.from({ length: 3_000 }, (_, index) => (index * 7_919) % 256);
const FOLDER = "Takeout/YouTube und YouTube Music/Verlauf";

describe("an archive", async () => {
  const expected = (await read(HISTORY)).entries;

  /** The history as Takeout delivers it: among other files, in folders of some language. */
  const archive = (form: ZipForm = {}) =>
    zipOf([
      part(
        "Takeout/archive_browser.html",
        "<!DOCTYPE html><html><body>Takeout</body></html>",
        form,
      ),
      part(`${FOLDER}/Suchverlauf.json`, SEARCHES, form),
      part("Takeout/YouTube und YouTube Music/Videos/é.mp4", PICTURE, form),
      part("Takeout/YouTube und YouTube Music/Abos/Abos.csv", "Kanal-ID,URL\n", form),
      part(`${FOLDER}/Wiedergabeverlauf.json`, HISTORY, form),
      part("Takeout/YouTube und YouTube Music/", "", { isStored: true }),
      part("Takeout/YouTube und YouTube Music/Playlists/a.json", '{"a": 1}', form),
    ]);

  it.each<[string, ZipForm]>([
    ["deflated", {}],
    ["stored", { isStored: true }],
    ["deflated with sizes behind", { descriptor: "short" }],
    ["deflated with long sizes behind", { descriptor: "long" }],
    ["stored with sizes behind", { isStored: true, descriptor: "short" }],
    ["stored with long sizes behind", { isStored: true, descriptor: "long" }],
    ["deflated with unsigned sizes behind", { descriptor: "short", isUnsigned: true }],
    [
      "stored with long unsigned sizes behind",
      { isStored: true, descriptor: "long", isUnsigned: true },
    ],
    ["of the ZIP64 form", { isZip64: true }],
  ])("is read, its members %s", async (_form, form) => {
    expect(await read(archive(form))).toEqual({ entries: expected, error: null });
  });

  it("is read as it comes, cut anywhere", async () => {
    const bytes = archive({ descriptor: "short" });
    for (const size of [1, 7, 1_000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(await read(streamOf(chunks)), `chunks of ${size}`).toEqual({
        entries: expected,
        error: null,
      });
    }
  });

  it("is read whoever wrote it", async () => {
    const zip = zipSync({ Takeout: { "été.json": strToU8(HISTORY), "b.png": PICTURE } });
    expect((await read(zip)).entries).toEqual(expected);
  });

  it("is read though its members hold what looks like a header", async () => {
    const misleading = new Uint8Array(200_000);
    const view = new DataView(misleading.buffer);
    [0, 65_500, 65_520, 65_536, 131_060, 199_984].forEach((position, index) => {
      view.setUint32(position, [0x08074b50, 0x04034b50, 0x02014b50][index % 3]!, true);
    });
    const descriptors = ["short", "long"] as const;
    for (const [descriptor, isUnsigned] of descriptors.flatMap((length) =>
      [false, true].map((one) => [length, one] as const),
    )) {
      const form = { isStored: true, descriptor, isUnsigned };
      const zip = zipOf([part("a.bin", misleading, form), part("b.json", HISTORY, form)]);
      expect((await read(zip)).entries).toEqual(expected);
    }
  });

  it("is read as tar, gzip and both", async () => {
    const tar = tarOf([part("Takeout/a.csv", "a,b"), part("Takeout/b.json", HISTORY)]);
    expect(await read(tar)).toEqual({ entries: expected, error: null });
    expect(await read(gzipSync(tar))).toEqual({ entries: expected, error: null });
    expect(await read(gzipSync(HISTORY))).toEqual({ entries: expected, error: null });
    const zip = zipOf([part("b.json", HISTORY)]);
    expect(await read(gzipSync(zip))).toEqual({ entries: expected, error: null });
  });

  it("tells which histories it found", async () => {
    const found: FoundHistory[] = [];
    const html = page(block({ title: "Ein Weg", time: "15.08.2025, 11:04:01 MESZ" }));
    const zip = zipOf([part("a/verlauf.html", html), part("b/history.json", HISTORY)]);
    const entries = [];
    const options = { onHistory: (history: FoundHistory) => void found.push(history) };
    for await (const entry of parseTakeout(zip, options)) entries.push(entry);
    expect(found).toEqual([
      { format: "html", path: "a/verlauf.html" },
      { format: "json", path: "b/history.json" },
    ]);
    expect(entries).toHaveLength(31);
  });

  it("passes over a search history whose ads were watched", async () => {
    const ads = Array.from({ length: 25 }, () => watch({ details: [{ name: "From Google Ads" }] }));
    const searches = JSON.stringify([...ads, ...(JSON.parse(SEARCHES) as unknown[])]);
    const { entries } = await read(zipOf([part("s.json", searches), part("w.json", HISTORY)]));
    expect(entries).toEqual(expected);
  });

  it("may hold My Activity, which begins with hundreds of searches", async () => {
    const searches = Array.from({ length: 900 }, () => (JSON.parse(SEARCHES) as unknown[])[0]);
    const activity = JSON.stringify([...searches, watch({}), ...searches]);
    const { entries, error } = await read(zipOf([part("MyActivity.json", activity)]));
    expect(error).toBeNull();
    expect(entries).toHaveLength(1_801);
    expect(entries.filter((entry) => "record" in entry)).toHaveLength(1);
  });

  it.each([
    [".7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
    [".rar", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
    [".bz2", [0x42, 0x5a, 0x68, 0x39]],
    [".xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ])("of a kind that is not read says what to do: %s", async (kind, mark) => {
    const { error } = await read(Uint8Array.of(...mark, ...new Uint8Array(600)));
    expect(error?.code).toBe("UNSUPPORTED_FORMAT");
    expect(error?.message).toMatch(new RegExp(`^The file is a \\${kind} archive, .* Unpack it`));
  });

  it("names an archive that is in it", async () => {
    const { entries, error } = await read(zipOf([part("all/takeout-1.zip", "PK")]));
    expect(entries).toEqual([]);
    expect(error?.message).toMatch(/another archive in it, all\/takeout-1\.zip: unpack it once/);
  });

  it("may be one of several files, which are opened one after the other", async () => {
    let opened = 0;
    const fileOf = (path: string, bytes: Uint8Array) => ({
      path,
      open: () => {
        opened += 1;
        return streamOf([bytes]);
      },
    });
    const found: FoundHistory[] = [];
    const files = [
      fileOf("photo.png", PICTURE),
      fileOf("a.zip", zipOf([part("b/history.json", HISTORY)])),
      fileOf("c.json", strToU8(HISTORY)),
    ];
    const entries = [];
    const options = { onHistory: (history: FoundHistory) => void found.push(history) };
    for await (const entry of parseTakeout(files, options)) entries.push(entry);
    expect(found.map(({ path }) => path)).toEqual(["a.zip/b/history.json", "c.json"]);
    expect([entries.length, opened]).toEqual([60, 3]);
    const none = (await read(files.slice(0, 1))).error;
    expect(none).toMatchObject({ code: "NOT_WATCH_HISTORY" });
  });

  it("gives what stands before its end where it was cut off", async () => {
    const bytes = zipOf([part("w.json", HISTORY, { isStored: true, descriptor: "short" })]);
    let most = 0;
    for (let length = 40; length < bytes.length - 70; length += 97) {
      const { entries, error } = await read(bytes.subarray(0, length));
      expect(error).toMatchObject({ code: "TRUNCATED_FILE", entriesRead: entries.length });
      expect(entries).toEqual(expected.slice(0, entries.length));
      expect(entries.length).toBeGreaterThanOrEqual(most);
      most = entries.length;
    }
    expect(most).toBeGreaterThan(25);
    const tar = tarOf([part("w.json", HISTORY)]).subarray(0, 5_000);
    expect((await read(tar)).error?.code).toBe("TRUNCATED_FILE");
    expect((await read(gzipSync(tar).subarray(0, 250))).error?.code).toBe("TRUNCATED_FILE");
  });

  it("is read past a damaged file that is something else", async () => {
    const noise = part("a.bin", PICTURE, { isStored: true, method: 8 });
    expect(await read(zipOf([noise, part("w.json", HISTORY)]))).toEqual({
      entries: expected,
      error: null,
    });
  });

  it.each<[string, ZipForm]>([
    ["cut", {}],
    ["of noise", { isStored: true, method: 8 }],
  ])("is read past a history that breaks off: %s", async (what, form) => {
    const content =
      what === "cut" ? HISTORY.slice(0, -1) : deflateRawSync(HISTORY.repeat(9)).fill(0xff, 500);
    const first = part("a/one.json", content, form);
    const { entries, error } = await read(zipOf([first, part("b.json", HISTORY)]));
    expect(entries.slice(-30)).toEqual(expected);
    expect(entries.length).toBeGreaterThan(50);
    expect(error).toMatchObject({ entriesRead: entries.length });
    expect(error?.message).toMatch(/^a\/one\.json: .* after \d+ entries/);
  });

  it("is not what a search history with ads is, though ads are kept", async () => {
    const ads = Array.from({ length: 25 }, () => watch({ details: [{ name: "From Google Ads" }] }));
    const searches = JSON.stringify([...ads, ...(JSON.parse(SEARCHES) as unknown[])]);
    const zip = zipOf([part("s.json", searches), part("w.json", HISTORY)]);
    expect((await read(zip, { keepAds: true })).entries).toEqual(expected);
    expect(await read(searches, { keepAds: true })).toMatchObject({
      entries: [],
      error: { code: "NOT_WATCH_HISTORY" },
    });
    expect((await read(JSON.stringify(ads), { keepAds: true })).entries).toHaveLength(25);
  });

  it("gives what stands before the damage", async () => {
    const zip = zipOf([part("w.json", HISTORY), part("x.csv", "a,b")]);
    const second = zip.lastIndexOf(0x04, zip.lastIndexOf("x".charCodeAt(0), -120));
    zip[second - 3] = 0; // the signature of the second member
    const { entries, error } = await read(zip);
    expect(entries).toEqual(expected);
    expect(error).toMatchObject({ code: "DAMAGED_ARCHIVE", entriesRead: 30 });
  });

  it.each([
    ["nothing", zipOf([]), "NOT_WATCH_HISTORY", /it is empty/],
    [
      "no history",
      zipOf([part("a.csv", "a"), part("s.json", SEARCHES)]),
      "NOT_WATCH_HISTORY",
      /2 files/,
    ],
    [
      "an encrypted file",
      zipOf([part("w.json", HISTORY, { isEncrypted: true })]),
      "UNSUPPORTED_FORMAT",
      /encrypted/,
    ],
    [
      "an unknown method",
      zipOf([part("w.json", HISTORY, { method: 93 })]),
      "UNSUPPORTED_FORMAT",
      /method 93/,
    ],
    [
      "deflated noise",
      zipOf([part("w.json", PICTURE, { isStored: true, method: 8 })]),
      "DAMAGED_ARCHIVE",
      /damaged/,
    ],
  ])("is refused where it holds %s", async (_what, zip, code, message) => {
    const { entries, error } = await read(zip);
    expect(entries).toEqual([]);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
  });

  it("is read past an entry that unpacks to tens of megabytes", async () => {
    const zip = zipOf([part("w.json", `["${"x".repeat(20_000_000)}",${HISTORY.slice(1)}`)]);
    expect(zip.length).toBeLessThan(100_000);
    expect((await read(zip)).entries).toEqual([{ skipped: "too-large" }, ...expected]);
  });
});
