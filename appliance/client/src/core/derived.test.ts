import { expect, test, vi } from "vitest";

import { derived } from "./derived";
import { Store } from "./store";

test("computes again only when a source changed", () => {
  const a = new Store(1);
  const b = new Store(2);
  const compute = vi.fn(() => ({ sum: a.snapshot() + b.snapshot() }));
  const sum = derived([a, b], compute);
  const first = sum.snapshot();
  expect(first).toEqual({ sum: 3 });
  expect(sum.snapshot()).toBe(first);
  b.set(5);
  expect(sum.snapshot()).toEqual({ sum: 6 });
  expect(compute).toHaveBeenCalledTimes(2);
});

test("tells its listeners of every source, until they stop", () => {
  const a = new Store(1);
  const b = new Store(1);
  const listener = vi.fn();
  const stop = derived([a, b], () => 0).subscribe(listener);
  a.set(2);
  b.set(2);
  stop();
  a.set(3);
  expect(listener).toHaveBeenCalledTimes(2);
});
