import { Gunzip, Inflate, type FlateStreamHandler } from "fflate";
import { archiveEnds, fileIsDamaged } from "../errors";

/**
 * Compressed bytes handed to the decoder at once. Deflate gives at most a thousand times as much,
 * all of it in one go: this bounds what an archive made to fill the memory can take.
 */
const MAX_INPUT = 8 * 1024;

interface Decoder {
  ondata: FlateStreamHandler;
  push: (chunk: Uint8Array, isFinal?: boolean) => void;
}

/**
 * What the bytes of one deflated file stand for.
 *
 * @throws UnreadableFile where they are damaged.
 */
export async function* inflate(
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const decoder = new Inflate();
  yield* decode(compressed, decoder);
  if (!canEnd(decoder)) throw fileIsDamaged();
}

/**
 * What a gzip file holds.
 *
 * @throws UnreadableFile where it is damaged, UnreadableArchive where it ends early.
 */
export async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const decoder = new Gunzip();
  let length = 0;
  for await (const chunk of decode(compressed, decoder)) {
    length += chunk.length;
    yield chunk;
  }
  // The decoder takes a file that ends inside its header for an empty one.
  if (length === 0 || !canEnd(decoder)) throw archiveEnds();
}

async function* decode(
  compressed: AsyncIterable<Uint8Array>,
  decoder: Decoder,
): AsyncGenerator<Uint8Array, void, void> {
  let decoded: Uint8Array[] = [];
  decoder.ondata = (data) => void decoded.push(data);
  for await (const chunk of compressed) {
    for (let start = 0; start < chunk.length; start += MAX_INPUT) {
      try {
        decoder.push(chunk.subarray(start, start + MAX_INPUT));
      } catch {
        throw fileIsDamaged();
      }
      yield* decoded;
      decoded = [];
    }
  }
}

function canEnd(decoder: Decoder): boolean {
  try {
    decoder.push(new Uint8Array(0), true);
    return true;
  } catch {
    return false;
  }
}
