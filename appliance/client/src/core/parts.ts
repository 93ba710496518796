/**
 * How much of a file one request carries.
 *
 * Rules:
 * - Progress is what the server has acknowledged, and it answers once a part: a part is as long as the line takes in a few
 *   seconds, by the part before it. The first on a line is short.
 * - A part is a whole number of the server's sealed records, and no part is longer than a piece in the cache (`pieces.ts`).
 */

import { PIECE } from "./db/uploads";
import type { TimePort } from "./ports";

/** The server acknowledges whole records: the twin of `sealed_file.py: RECORD_BYTES`. */
const RECORD = 64 * 1024;
export const FIRST_PART = RECORD;
export const LONGEST_PART = PIECE;
const WANTED_MS = 3_000;
/** A part is at most so many times as long as the one before: a line may take the first bytes faster than those that follow. */
const GROWTH = 8;

/** The length of the next part, after `sent` bytes that took `ms`, of a part that might have been `length` long. */
export function nextPart(length: number, sent: number, ms: number): number {
  // The end of a file, or of a piece: too little to tell how fast the line is.
  return sent < FIRST_PART ? length : wholeRecords(Math.min(wanted(sent, ms), length * GROWTH));
}

/** The length of the next part after one that came to nothing within `ms`: at most half of it, less where it took long. */
export function partAfterCut(length: number, sent: number, ms: number): number {
  return wholeRecords(Math.min(wanted(sent, ms), length / 2));
}

const wanted = (sent: number, ms: number): number => (sent * WANTED_MS) / Math.max(ms, 1);

function wholeRecords(bytes: number): number {
  return Math.max(FIRST_PART, Math.floor(Math.min(bytes, LONGEST_PART) / RECORD) * RECORD);
}

/** One line to the server, as far as the parts that were sent tell how fast it is. */
export class Line {
  #length = FIRST_PART;

  constructor(private readonly time: TimePort) {}

  /** Bytes of the next part. */
  get part(): number {
    return this.#length;
  }

  /** Sends a part of so many bytes, and learns from how long that takes. */
  async carry<T>(sent: number, send: () => Promise<T>): Promise<T> {
    const [length, began] = [this.#length, this.time.now()];
    const took = (): number => this.time.now() - began;
    try {
      const answer = await send();
      this.#length = nextPart(length, sent, took());
      return answer;
    } catch (error) {
      this.#length = partAfterCut(length, sent, took());
      throw error;
    }
  }
}
