/**
 * A value computed from other stores, recomputed only when one of them has changed.
 *
 * Holds no subscription of its own, so there is nothing to close: it asks its sources when it is asked. The result keeps
 * its identity as long as every source does, as `useSyncExternalStore` needs.
 */
import type { Readable } from "./store";

export function derived<T>(sources: readonly Readable<unknown>[], compute: () => T): Readable<T> {
  let seen: readonly unknown[] | null = null;
  let value: T;
  return {
    snapshot: () => {
      const now = sources.map((source) => source.snapshot());
      if (seen === null || now.some((part, i) => !Object.is(part, seen?.[i]))) {
        value = compute();
        seen = now;
      }
      return value;
    },
    subscribe: (listener) => {
      const stops = sources.map((source) => source.subscribe(listener));
      return () => stops.forEach((stop) => stop());
    },
  };
}
