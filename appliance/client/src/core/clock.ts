/**
 * Server time, from a local clock that may be wrong by a day (L5).
 *
 * Owns the offset, learnt from pongs (milliseconds, corrected by half the round trip) and, until the first of those,
 * from the `Date` header of answers (whole seconds). Evidence always uses the server's own times; this is for display.
 */

import type { TimePort } from "./ports";
import type { Millis } from "./protocol";
import { Store, type Readable } from "./store";

/** Smaller corrections are noise and would make views redraw. */
const NOISE_MS = 500;

export class Clock {
  readonly #offset = new Store(0);
  #exact = false;

  constructor(private readonly time: TimePort) {}

  get offset(): Readable<number> {
    return this.#offset;
  }

  readonly now = (): Millis => this.time.now() + this.#offset.snapshot();

  /** Learns from a pong: the server's time, and the local times of asking and hearing. */
  learnExact(server: Millis, asked: Millis, heard: Millis): void {
    this.#exact = true;
    this.#move(server - (asked + heard) / 2);
  }

  /** Learns from a `Date` header, which is cut to the second below. */
  learnRough(header: string | null): void {
    if (this.#exact || header === null) return;
    const server = Date.parse(header);
    if (!Number.isFinite(server)) return;
    const offset = server + 500 - this.time.now();
    // A second of rounding and travel is no evidence against a clock that agrees.
    this.#move(Math.abs(offset) < 1_500 ? 0 : offset);
  }

  #move(offset: number): void {
    if (Math.abs(offset - this.#offset.snapshot()) >= NOISE_MS) this.#offset.set(Math.round(offset));
  }
}
