import { ByteReader } from "./archive/byteReader";
import type { Member } from "./archive/member";
import { membersOf } from "./archive/members";
import { EvidenceCount, MAX_HELD_ENTRIES } from "./evidence";
import { UnreadableFile, WHAT_IS_READ } from "./errors";
import { parseContainers } from "./parseContainers";
import { openText } from "./parseText";
import { chunksOf } from "./source";
import { readText } from "./text";
import type { ParsedEntry, ParseOptions, TakeoutFile, TakeoutSource } from "./types";

type Chunks = AsyncGenerator<string | Uint8Array, void, void>;

/**
 * The entries of a Takeout watch history, in the file's order, each as a record or with the reason
 * why it is none. The format is told by the content: JSON, HTML, either of them in gzip, or the zip
 * or tar that Takeout delivers, in which the history is found by what is in it.
 *
 * The file is read as a stream: what is held does not grow with it, and leaving the loop cancels the
 * source. Text is not shortened: a title too long for the backend is refused there, and counted.
 *
 * ```ts
 * for await (const entry of parseTakeout(file.stream(), { now: Date.now() })) {
 *   if ("record" in entry) records.push(entry.record);
 * }
 * ```
 *
 * @throws TakeoutError where the file is no watch history or ends early; every entry before the
 *   break has been yielded by then. What the source throws passes through.
 */
export async function* parseTakeout(
  source: TakeoutSource,
  options: ParseOptions = {},
): AsyncGenerator<ParsedEntry, void, void> {
  let entriesRead = 0;
  const opened = open(source, options);
  try {
    for await (const batch of opened.batches) {
      for (const entry of batch) {
        entriesRead += 1;
        yield entry;
      }
    }
  } catch (error) {
    throw error instanceof UnreadableFile ? error.after(entriesRead) : error;
  } finally {
    await opened.close();
  }
}

function open(source: TakeoutSource, options: ParseOptions) {
  if (isSeveral(source)) {
    const containers = source.map((file) => ({ path: file.path, members: membersIn(file) }));
    return {
      batches: parseContainers(containers, options),
      close: async () => {
        for (const { members } of containers) await members.return();
      },
    };
  }
  const chunks = chunksOf(source);
  return { batches: parse(chunks, options), close: () => chunks.return() };
}

function isSeveral(source: TakeoutSource): source is readonly TakeoutFile[] {
  return Array.isArray(source);
}

/** What is in one of several files: an archive is opened. */
async function* membersIn(file: TakeoutFile): AsyncGenerator<Member, void, void> {
  const { path } = file;
  const chunks = chunksOf(file.open());
  try {
    const opened = await membersOf(new ByteReader(bytesIn(chunks)));
    if (opened.kind === "file") {
      yield { path, bytes: opened.bytes };
      return;
    }
    for await (const member of opened.members) {
      yield { ...member, path: `${path}/${member.path}` };
    }
  } finally {
    await chunks.return();
  }
}

async function* parse(chunks: Chunks, options: ParseOptions): AsyncGenerator<ParsedEntry[]> {
  const first = await chunks.next();
  const all = replay(first, chunks);
  if (first.done === true || typeof first.value === "string") {
    yield* parseAlone(all, options);
    return;
  }
  const reader = new ByteReader(bytesIn(all));
  const members = await membersOf(reader);
  if (members.kind === "archive") {
    yield* parseContainers([{ path: null, members: members.members }], options);
  } else yield* parseAlone(members.bytes, options);
}

/**
 * A file that is the history itself, as the person who chose it says. Its first entries are held
 * until a watch is among them, so that nothing of a file that is refused is taken.
 */
async function* parseAlone(
  chunks: AsyncIterable<string | Uint8Array>,
  options: ParseOptions,
): AsyncGenerator<ParsedEntry[]> {
  const { format, entries } = await openText(readText(chunks), options);
  options.onHistory?.({ format, path: null });
  const seen = new EvidenceCount();
  let held: ParsedEntry[] = [];
  try {
    for await (const batch of entries) {
      for (const { evidence, parsed } of batch) {
        seen.note(evidence);
        held.push(parsed);
      }
      if (!seen.hasWatch && held.length < MAX_HELD_ENTRIES) continue;
      yield held;
      held = [];
    }
  } catch (error) {
    yield held;
    throw error;
  }
  if (!seen.isPlausible) {
    const count = seen.entries === 1 ? "1 entry" : `${seen.entries} entries`;
    throw new UnreadableFile(
      "NOT_WATCH_HISTORY",
      () => `No watch is in the list of ${count}; ${WHAT_IS_READ}.`,
    );
  }
  yield held;
}

async function* replay(first: IteratorResult<string | Uint8Array, void>, rest: Chunks): Chunks {
  if (first.done !== true) yield first.value;
  yield* rest;
}

/** A stream that has begun with bytes goes on with bytes; text in it is taken as UTF-8. */
async function* bytesIn(chunks: Chunks): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  }
}
