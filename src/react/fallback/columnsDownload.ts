import type { ComputationHost } from "./computationHost";
import type { ColumnsBytes, ColumnsList, PageSource } from "./pageSource";

/** Asked for at a time: all of 150,000 records, or a second on a slow line. */
const MAX_REQUEST_BYTES = 2 ** 20;
const MAX_REQUEST_MONTHS = 400;
/** Times that the columns may change while they are fetched; then it waits like what fails. */
const MAX_RESTARTS = 5;

/** A month or a part of the dictionary, of one list. */
interface Piece {
  key: string | number;
  revision: string;
  bytes: number;
}

/**
 * Fetches the columns of a history into a computation, and after a change those months only that
 * have changed.
 */
export class ColumnsDownload {
  private epoch = 0;
  /** Revisions of what the computation holds: months by name, parts of the dictionary by number. */
  private readonly held = new Map<string | number, string>();

  constructor(
    private readonly source: PageSource,
    private readonly host: ComputationHost,
  ) {}

  /**
   * @param onProgress told the share of the bytes that are there, 0 to 1.
   * @param isWanted asked before each request.
   * @returns false where there are no columns to be trusted, or nobody wants them any more.
   * @throws CorruptColumnsError
   */
  async run(onProgress: (share: number) => void, isWanted: () => boolean): Promise<boolean> {
    for (let restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
      const list = await this.source.columns();
      if (list === null) return false;
      const outcome = await this.fetch(list, onProgress, isWanted);
      if (outcome === "changed") continue;
      if (outcome === "ended") return false;
      const months = list.months.map(({ month }) => month);
      await this.host.run("commitColumns", months, list.dictionary.length);
      return true;
    }
    throw new Error("The columns changed again and again while they were fetched.");
  }

  private async fetch(
    list: ColumnsList,
    onProgress: (share: number) => void,
    isWanted: () => boolean,
  ): Promise<"complete" | "changed" | "ended"> {
    if (list.epoch !== this.epoch) this.held.clear();
    this.epoch = list.epoch;
    const pieces = piecesOf(list);
    const total = sizeOf(pieces);
    for (;;) {
      const lacking = pieces.filter(({ key, revision }) => this.held.get(key) !== revision);
      onProgress(total === 0 ? 1 : 1 - sizeOf(lacking) / total);
      if (lacking.length === 0) return "complete";
      if (!isWanted()) return "ended";
      const wanted = firstOf(lacking);
      const months = wanted.map(({ key }) => key).filter((key) => typeof key === "string");
      const parts = wanted.map(({ key }) => key).filter((key) => typeof key === "number");
      const sent = await this.source.columnsBytes(months, parts);
      if (sent?.epoch !== list.epoch) return "changed";
      await this.hold(sent);
      const isAsListed = wanted.some(({ key, revision }) => this.held.get(key) === revision);
      if (!isAsListed) return "changed";
    }
  }

  private async hold({ months, dictionary }: ColumnsBytes): Promise<void> {
    await this.host.run("hold", months, dictionary);
    for (const { month, revision } of months) this.held.set(month, revision);
    for (const { part, revision } of dictionary) this.held.set(part, revision);
  }
}

function piecesOf({ months, dictionary }: ColumnsList): Piece[] {
  return [
    ...dictionary.map((piece, part) => ({ key: part, ...piece })),
    ...months.map(({ month, ...piece }) => ({ key: month, ...piece })),
  ];
}

/** As many as one request takes; one at least. */
function firstOf(pieces: readonly Piece[]): Piece[] {
  const taken: Piece[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    bytes += piece.bytes;
    const isFull = bytes > MAX_REQUEST_BYTES || taken.length === MAX_REQUEST_MONTHS;
    if (taken.length > 0 && isFull) break;
    taken.push(piece);
  }
  return taken;
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes, 0);
}
