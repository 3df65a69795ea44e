/** Reading and writing of the stored bytes: variable-length integers, strings, bit lists. */
import { CorruptColumnsError } from "./errors";

const INITIAL_BYTES = 1_024;
/** A safe integer takes at most eight groups of seven bits. */
const MAX_VARINT_BYTES = 8;
const MAX_FACTOR = 2 ** (7 * MAX_VARINT_BYTES);
const utf8Encoder = /* @__PURE__ */ new TextEncoder();
const utf8Decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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
 * Reads what `ByteWriter` wrote. Columns are read a whole array a call: the loop keeps cursor and
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

  /** A count of things of at least `minBytes` each: bounded by the bytes that are left. */
  count(minBytes: number): number {
    const count = this.varint();
    if (count * minBytes > this.bytes.length - this.position) throw truncated();
    return count;
  }

  strings(): string[] {
    const lengths = new Uint32Array(this.count(1));
    this.numbers(lengths, 0, lengths.length);
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

  /** `count` numbers into `into` from `offset` on. */
  numbers(into: Uint32Array | Float64Array, offset: number, count: number): void {
    const { bytes } = this;
    let { position } = this;
    for (let index = offset; index < offset + count; index++) {
      let value = bytes[position++]!;
      if (value > 127) {
        value &= 127;
        let factor = 128;
        let byte: number;
        do {
          byte = bytes[position++]!;
          value += (byte & 127) * factor;
          factor *= 128;
        } while (byte > 127 && factor < MAX_FACTOR);
      }
      into[index] = value;
    }
    // A byte past the end reads as undefined, which ends the number it is part of.
    if (position > bytes.length) throw truncated();
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
