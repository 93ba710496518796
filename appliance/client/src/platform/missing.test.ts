import { expect, test, vi } from "vitest";

import { fillIn } from "./missing";

test("a browser without AbortSignal.timeout is given one, and no other", () => {
  const old: { timeout?: (ms: number) => AbortSignal } = {};
  vi.useFakeTimers();
  fillIn(old);
  const signal = old.timeout?.(600);
  expect(signal?.aborted).toBe(false);
  vi.advanceTimersByTime(600);
  expect(signal?.aborted).toBe(true);
  vi.useRealTimers();
  const own = (): AbortSignal => signal as AbortSignal;
  const today = { timeout: own };
  fillIn(today);
  expect(today.timeout).toBe(own);
});
