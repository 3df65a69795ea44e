import { createReadStream, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { JSONParser } from "@streamparser/json";
import { Parser } from "htmlparser2";
import { importExport } from "../../../src/importer";
import { parseTakeout } from "../../../src/takeout";
import { dryRunIngest } from "../../import/dryRun";

/** Ways to read an export. */
export type Reader =
  /** Ours. */
  | "stream"
  /** Ours, with a record's key and topics, as `npm run import -- --dry-run` does. */
  | "dry run"
  /** A parser of the format, with nobody to listen to it. */
  | "parser alone"
  /** All of the text at once, in a few lines. */
  | "whole file";

const TIME_ZONE = "America/New_York";

export async function readExport(reader: Reader, path: string): Promise<void> {
  const isHtml = path.endsWith(".html");
  switch (reader) {
    case "stream":
      await readThrough(parseTakeout(streamOf(path), { timeZone: TIME_ZONE }));
      break;
    case "dry run":
      await importExport(streamOf(path), {
        ...{ importId: "bench", fileName: "bench", timeZone: TIME_ZONE, now: Date.now },
        ingest: dryRunIngest(Date.now()),
      });
      break;
    case "parser alone":
      await (isHtml ? parsePage(path) : parseList(path));
      break;
    case "whole file":
      if (isHtml) readPageWhole(path);
      else readListWhole(path);
  }
}

async function readThrough(entries: AsyncGenerator): Promise<void> {
  while ((await entries.next()).done !== true);
}

function streamOf(path: string): ReadableStream<Uint8Array> {
  // Node's and the DOM's types of the same stream differ in name only.
  return Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>;
}

async function parsePage(path: string): Promise<void> {
  const parser = new Parser({});
  for await (const text of createReadStream(path, "utf8")) parser.write(text as string);
  parser.end();
}

async function parseList(path: string): Promise<void> {
  const parser = new JSONParser({ paths: ["$.*"], keepStack: false });
  parser.onValue = () => undefined;
  for await (const text of createReadStream(path, "utf8")) parser.write(text as string);
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
