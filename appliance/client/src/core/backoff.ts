/**
 * How long to wait before trying again: exponential with full jitter, so that ten thousand clients whose server
 * restarted do not come back in step.
 */

const BASE_MS = 500;
/** What a piece of a file waits first: most of what breaks one is over in a moment. */
export const UPLOAD_BASE_MS = 200;
const CAP_MS = 30_000;

export class Backoff {
  #failures = 0;

  constructor(
    private readonly random: () => number,
    private readonly baseMs = BASE_MS,
  ) {}

  /** Milliseconds to wait after one more failure: uniform in [0, min(cap, base·2^failures)). */
  next(): number {
    const ceiling = Math.min(CAP_MS, this.baseMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return Math.floor(this.random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }
}
