import {
  parseTakeout,
  TakeoutError,
  type ParsedEntry,
  type ParseOptions,
  type TakeoutRecord,
  type TakeoutSource,
} from "../../src/takeout";

/** What a source gave, up to its end or its error. */
export interface Outcome {
  entries: ParsedEntry[];
  error: TakeoutError | null;
}

/** Reads a whole source; errors other than TakeoutError pass through. */
export async function read(source: TakeoutSource, options?: ParseOptions): Promise<Outcome> {
  const entries: ParsedEntry[] = [];
  try {
    for await (const entry of parseTakeout(source, options)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof TakeoutError)) throw error;
    return { entries, error };
  }
  return { entries, error: null };
}

/** What becomes of one element, in a file whose other element is an ordinary watch. */
export async function readOne(element: unknown, options?: ParseOptions): Promise<ParsedEntry> {
  const { entries, error } = await read(JSON.stringify([watch({}), element]), options);
  if (error !== null) throw error;
  const parsed = entries[1];
  if (parsed === undefined) throw new Error("The element gave no entry.");
  return parsed;
}

/** The record of one element that must be one. */
export async function readRecord(element: unknown, options?: ParseOptions): Promise<TakeoutRecord> {
  const parsed = await readOne(element, options);
  if ("record" in parsed) return parsed.record;
  throw new Error(`The element was skipped as ${parsed.skipped}.`);
}

/** An ordinary watch, with what a test changes. */
export function watch(changes: Record<string, unknown>): Record<string, unknown> {
  return {
    header: "YouTube",
    title: "Watched A quiet walk",
    titleUrl: "https://www.youtube.com/watch?v=abcdefghijk",
    subtitles: [{ name: "Walks", url: "https://www.youtube.com/channel/UCwalks" }],
    time: "2024-03-10T07:59:59.123Z",
    products: ["YouTube"],
    ...changes,
  };
}

/** A stream that delivers these chunks. */
export function streamOf<Chunk>(chunks: readonly Chunk[]): ReadableStream<Chunk> {
  return new ReadableStream<Chunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
