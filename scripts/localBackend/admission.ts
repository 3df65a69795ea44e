/**
 * The real backend runs 16 queries and 16 mutations at a time by default
 * (DEFAULT_APPLICATION_MAX_FUNCTION_CONCURRENCY in crates/common/src/knobs.rs). We count both
 * together: only those that write can conflict, and here a query takes no time.
 */
const MAX_ADMITTED = 16;

interface Waiting {
  isAlone: boolean;
  enter: () => void;
}

/**
 * Admits a bounded number of transactions at a time, or one visitor on its own. Everyone else waits
 * in line. An admitted transaction never waits for another admission, so the line always moves.
 */
export class Admission {
  private admitted = 0;
  private isReserved = false;
  private readonly line: Waiting[] = [];

  constructor(private readonly maxAdmitted = MAX_ADMITTED) {}

  /** Resolves when a transaction may take its snapshot. It has to leave when it ends. */
  async enter(): Promise<void> {
    await this.wait(false);
  }

  leave(): void {
    this.admitted -= 1;
    this.moveUp();
  }

  /** Runs something while no transaction is admitted. */
  async alone<T>(run: () => Promise<T>): Promise<T> {
    await this.wait(true);
    try {
      return await run();
    } finally {
      this.isReserved = false;
      this.moveUp();
    }
  }

  private async wait(isAlone: boolean): Promise<void> {
    await new Promise<void>((enter) => {
      this.line.push({ isAlone, enter });
      this.moveUp();
    });
  }

  private moveUp(): void {
    for (let next = this.line[0]; next !== undefined; next = this.line[0]) {
      const isFull = this.admitted >= (next.isAlone ? 1 : this.maxAdmitted);
      if (this.isReserved || isFull) return;
      this.line.shift();
      if (next.isAlone) this.isReserved = true;
      else this.admitted += 1;
      next.enter();
    }
  }
}
