import type { TakeoutFile, TakeoutSource } from "./types";

/** Bytes handed on are at most this many, whatever the source delivers: memory stays flat. */
const MAX_CHUNK_LENGTH = 64 * 1024;

/** What a source delivers, bytes cut into chunks of a bounded size. */
export async function* chunksOf(
  source: Exclude<TakeoutSource, readonly TakeoutFile[]>,
): AsyncGenerator<string | Uint8Array, void, void> {
  if (typeof source === "string") {
    yield source;
  } else if (source instanceof Uint8Array) {
    yield* cutBytes(source);
  } else {
    for await (const chunk of chunksOfStream(source)) {
      if (typeof chunk === "string") yield chunk;
      else yield* cutBytes(chunk);
    }
  }
}

function* cutBytes(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length; start += MAX_CHUNK_LENGTH) {
    yield bytes.subarray(start, start + MAX_CHUNK_LENGTH);
  }
}

/** By a reader, as not every browser iterates streams; a consumer that stops cancels the source. */
async function* chunksOfStream(
  stream: ReadableStream<string | Uint8Array>,
): AsyncGenerator<string | Uint8Array, void, void> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const chunk = await reader.read();
      if (chunk.done) break;
      yield chunk.value;
    }
    isDone = true;
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined); // it failed or was left: nothing to add
    reader.releaseLock();
  }
}
