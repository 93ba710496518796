/**
 * Work that must not meet: each piece begins when the one before has ended, in the order in which they were asked for.
 *
 * Whoever reads, waits and then writes, in memory or in the cache, does it in one turn: nothing is changed in between.
 * A turn that asks for another one and waits for it would wait for ever.
 */
import type { LocksPort } from "./ports";

const LOCK = "gchat-outbox";

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** A turn that the tabs of this device take one after the other too, where they share a cache: what is decided there is decided once. */
export async function alone<T>(locks: LocksPort, turns: Turns, shared: boolean, work: () => Promise<T>): Promise<T> {
  if (!shared) return await turns.take(work);
  const done: T[] = [];
  await locks.hold(LOCK, async () => void done.push(await turns.take(work)), new AbortController().signal);
  return done[0] as T;
}
