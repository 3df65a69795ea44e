import { randomInt } from "node:crypto";

/** Seeded random choices, so that a failure can be repeated. */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed;
  }

  /** A seed that the test prints: by default another one each time. */
  static fromEnvironment(): Random {
    const random = new Random(Number(process.env["SEED"] ?? randomInt(2 ** 31)));
    console.log(`seed: SEED=${String(random.seed)}`);
    return random;
  }

  /** From 0 to `bound - 1`. */
  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!; // never called with an empty list
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}
