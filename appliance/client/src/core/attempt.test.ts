import { expect, test, vi } from "vitest";

import { Attempt } from "./attempt";
import { CallError } from "./errors";

test("a second run while busy does nothing", async () => {
  const attempt = new Attempt();
  let finish = (): void => undefined;
  const first = attempt.run(() => new Promise<void>((done) => (finish = done)));
  const work = vi.fn();
  expect(await attempt.run(work)).toBe(false);
  expect(work).not.toHaveBeenCalled();
  finish();
  expect(await first).toBe(true);
  expect(attempt.snapshot()).toEqual({ busy: false, failure: null });
});

test("a refusal keeps the server's code until the next try", async () => {
  const attempt = new Attempt();
  const refused = new CallError("refused", 403, { code: "not_owner", message: "เฉพาะเจ้าของห้อง" });
  expect(await attempt.run(() => Promise.reject(refused))).toBe(false);
  expect(attempt.snapshot()).toEqual({ busy: false, failure: { code: "not_owner", message: "เฉพาะเจ้าของห้อง" } });
  attempt.clear();
  expect(attempt.snapshot().failure).toBeNull();
});
