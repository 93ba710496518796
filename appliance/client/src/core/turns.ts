/**
 * Work that must not meet: each piece begins when the one before has ended, in the order in which they were asked for.
 *
 * Whoever reads, waits and then writes, in memory or in the cache, does it in one turn: nothing is changed in between.
 * A turn that asks for another one and waits for it would wait for ever.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
