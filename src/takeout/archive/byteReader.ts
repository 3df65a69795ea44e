const NOTHING = new Uint8Array(0);

/** Bytes that come in chunks, by the number that is wanted. */
export class ByteReader {
  private held: Uint8Array = NOTHING;
  private isEnded = false;

  constructor(private readonly chunks: AsyncIterator<Uint8Array, void, void>) {}

  /** The next `count` bytes, which stay to be read; fewer where the source ends before. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.held.length < count && (await this.fetch()));
    return this.held.subarray(0, count);
  }

  /** The next `count` bytes; null where the source ends before. */
  async read(count: number): Promise<Uint8Array | null> {
    const bytes = await this.peek(count);
    if (bytes.length < count) return null;
    this.held = this.held.subarray(count);
    return bytes;
  }

  /** At least one byte and at most `count`, as they are at hand; null at the end. */
  async readSome(count: number): Promise<Uint8Array | null> {
    const bytes = await this.peek(1);
    if (bytes.length === 0) return null;
    return await this.read(Math.min(count, this.held.length));
  }

  /** What has not been read, to its end. */
  async *rest(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const bytes = await this.readSome(Number.MAX_SAFE_INTEGER);
      if (bytes === null) return;
      yield bytes;
    }
  }

  private async fetch(): Promise<boolean> {
    if (this.isEnded) return false;
    const next = await this.chunks.next();
    this.isEnded = next.done === true;
    if (next.done === true) return false;
    this.held = this.held.length === 0 ? next.value : joined(this.held, next.value);
    return true;
  }
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
