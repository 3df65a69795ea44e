/** Reading and writing of the stored bytes: variable-length integers, strings, bit lists. */

/** Stored columns that are not what `encodeSegment` and `HistoryDictionary` write. */
export class CorruptColumnsError extends Error {
  override name = "CorruptColumnsError";
}

const INITIAL_BYTES = 1_024;
/** A safe integer takes at most eight groups of seven bits. */
const MAX_VARINT_BYTES = 8;
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class ByteWriter {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private length = 0;

  /** A whole number from 0 to 2^53 − 1, seven bits a byte, low ones first. */
  varint(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  /** A whole number of either sign. */
  signedVarint(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** Lengths first, in UTF-16 code units, then all text as one run of UTF-8. */
  strings(strings: readonly string[]): void {
    this.varint(strings.length);
    for (const string of strings) this.varint(string.length);
    const text = utf8Encoder.encode(strings.join(""));
    this.varint(text.length);
    this.reserve(text.length);
    this.bytes.set(text, this.length);
    this.length += text.length;
  }

  /** One bit for each of the first `count` flags. */
  bits(flags: Uint8Array, count: number): void {
    const byteCount = (count + 7) >> 3;
    this.reserve(byteCount);
    this.bytes.fill(0, this.length, this.length + byteCount);
    for (let index = 0; index < count; index++) {
      if (flags[index]) this.bytes[this.length + (index >> 3)]! |= 1 << (index & 7);
    }
    this.length += byteCount;
  }

  get size(): number {
    return this.length;
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/**
 * Reads what `ByteWriter` wrote. Columns are read a whole array a call: the loops keep cursor and
 * bytes in locals, which a call for each value would make three times slower.
 */
export class ByteReader {
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  varint(): number {
    const { bytes } = this;
    let value = 0;
    let factor = 1;
    for (let read = 0; read < MAX_VARINT_BYTES; read++) {
      const byte = bytes[this.position++];
      if (byte === undefined) throw truncated();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new CorruptColumnsError("stored columns hold a number that is too long");
  }

  signedVarint(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** A count of things that take at least a bit each: bounded by the bytes that are left. */
  count(): number {
    const count = this.varint();
    if (count > (this.bytes.length - this.position) * 8) throw truncated();
    return count;
  }

  strings(): string[] {
    const lengths = new Uint32Array(this.count());
    for (let index = 0; index < lengths.length; index++) lengths[index] = this.varint();
    const byteLength = this.varint();
    const end = this.position + byteLength;
    if (end > this.bytes.length) throw truncated();
    const text = decodeUtf8(this.bytes.subarray(this.position, end));
    this.position = end;
    const strings: string[] = [];
    let start = 0;
    for (const length of lengths) strings.push(text.slice(start, (start += length)));
    if (start !== text.length) throw new CorruptColumnsError("stored strings do not add up");
    return strings;
  }

  /** `count` bits into `into` from `offset` on, as 0 and 1. */
  bits(into: Uint8Array, offset: number, count: number): void {
    const { bytes, position } = this;
    this.position += (count + 7) >> 3;
    if (this.position > bytes.length) throw truncated();
    for (let index = 0; index < count; index++) {
      into[offset + index] = (bytes[position + (index >> 3)]! >> (index & 7)) & 1;
    }
  }

  /** `count` numbers below 2^31 into `into` from `offset` on, each below `limit`. */
  numbers(into: Uint32Array, offset: number, count: number, limit: number): void {
    const { bytes } = this;
    let position = this.position;
    let greatest = 0;
    for (let index = 0; index < count; index++) {
      let value = bytes[position++]!;
      if (value > 127) {
        value &= 127;
        let shift = 7;
        let byte: number;
        do {
          byte = bytes[position++]!;
          value |= (byte & 127) << shift;
          shift += 7;
        } while (byte > 127 && shift < 35);
      }
      if (value > greatest) greatest = value;
      into[offset + index] = value;
    }
    if (position > bytes.length) throw truncated();
    if (count > 0 && greatest >= limit) {
      throw new CorruptColumnsError(`stored columns name number ${greatest} of ${limit}`);
    }
    this.position = position;
  }

  /** A number for each of `count` flags that is set, into `into` from `offset` on. */
  someNumbers(into: Float64Array, flags: Uint8Array, offset: number, count: number): void {
    const { bytes } = this;
    let position = this.position;
    for (let index = offset; index < offset + count; index++) {
      if (flags[index] === 0) continue;
      let value = bytes[position++]!;
      if (value > 127) {
        value &= 127;
        let factor = 128;
        let byte: number;
        do {
          byte = bytes[position++]!;
          value += (byte & 127) * factor;
          factor *= 128;
        } while (byte > 127 && factor < 2 ** 56);
      }
      into[index] = value;
    }
    if (position > bytes.length) throw truncated();
    this.position = position;
  }

  /** `count` ascending times into `into`: the first as it is, then the steps between them. */
  times(into: Float64Array, offset: number, count: number): void {
    if (count === 0) return;
    let time = this.signedVarint();
    into[offset] = time;
    const { bytes } = this;
    let position = this.position;
    for (let index = 1; index < count; index++) {
      let step = bytes[position++]!;
      if (step > 127) {
        step &= 127;
        let factor = 128;
        let byte: number;
        do {
          byte = bytes[position++]!;
          step += (byte & 127) * factor;
          factor *= 128;
        } while (byte > 127 && factor < 2 ** 56);
      }
      time += step;
      into[offset + index] = time;
    }
    // A byte past the end reads as undefined, and the time as NaN from there on.
    if (position > bytes.length || Number.isNaN(time)) throw truncated();
    this.position = position;
  }

  expectEnd(): void {
    if (this.position !== this.bytes.length) {
      throw new CorruptColumnsError("stored columns go on after their end");
    }
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new CorruptColumnsError("stored text is not UTF-8");
  }
}

function truncated(): CorruptColumnsError {
  return new CorruptColumnsError("stored columns end too early");
}
