/**
 * The one way state reaches a view: an immutable snapshot and a list of listeners.
 *
 * Owns get, set, subscribe. A snapshot changes identity only when its content changes, which is what
 * `useSyncExternalStore(x.subscribe, x.snapshot)` needs. Knows nothing of what it holds.
 */

export interface Readable<T> {
  readonly snapshot: () => T;
  /** Calls `listener` after each change; returns the function that stops it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export class Store<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  readonly snapshot = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }
}
