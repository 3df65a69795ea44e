import { createReadStream, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { parseTakeout } from "../../../src/takeout";

/** Ways to read an export; each returns how many records it found. */
export type Reader = "stream" | "whole file";

export async function readExport(reader: Reader, path: string): Promise<number> {
  if (reader === "stream") return await readAsStream(path);
  return path.endsWith(".html") ? readPageWhole(path) : readListWhole(path);
}

async function readAsStream(path: string): Promise<number> {
  // Node's and the DOM's types of the same stream differ in name only.
  const stream = Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>;
  let records = 0;
  for await (const entry of parseTakeout(stream, { timeZone: "America/New_York" })) {
    if ("record" in entry) records += 1;
  }
  return records;
}

interface Row {
  title?: string;
  titleUrl?: string;
  time?: string;
  subtitles?: { name: string; url?: string }[];
}

/** The baseline for JSON: the whole text and all of its objects at once, and a record of each. */
function readListWhole(path: string): number {
  const rows = JSON.parse(readFileSync(path, "utf8")) as (Row | null)[];
  const records = rows.map((row) => ({
    title: row?.title?.replace(/^Watched /, "") ?? null,
    url: row?.titleUrl ?? null,
    channel: row?.subtitles?.[0]?.name ?? null,
    watchedAt: row?.time === undefined ? null : Date.parse(row.time),
  }));
  return records.length;
}

const ENTRY =
  /<div class="content-cell[^"]*body-1">(?:[^<]*<a href="([^"]*)">([^<]*)<\/a><br>)?(?:<a href="([^"]*)">([^<]*)<\/a><br>)?([^<]*)<br>/g;

/** The baseline for HTML: the whole text at once, one regular expression, English dates alone. */
function readPageWhole(path: string): number {
  const text = readFileSync(path, "utf8");
  const records = Array.from(text.matchAll(ENTRY), ([, url, title, , channel, time = ""]) => ({
    title,
    url,
    channel,
    watchedAt: Date.parse(time.replace(/\u202f/g, " ")),
  }));
  return records.length;
}
