/** Lets so many pieces of work run at once; the others wait in turn, and leave when nobody waits for them any more. */

import { CallError } from "./errors";

export class Gate {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly most: number) {}

  /** Rejects as if offline when `signal` ends the wait. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#running >= this.most) await this.#turn(signal);
    if (signal.aborted) {
      this.#next();
      throw CallError.offline();
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(go);
        reject(CallError.offline());
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(go);
    });
  }

  #next(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#running >= this.most) return;
    this.#waiting.delete(next);
    next();
  }
}
