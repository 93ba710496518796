import { expect, test, vi } from "vitest";

import { Attempt } from "./attempt";
import { CallError } from "./errors";

test("something else that is pressed meanwhile waits for its turn", async () => {
  const attempt = new Attempt();
  const done: string[] = [];
  let finish = (): void => undefined;
  const muting = attempt.run(async () => {
    await new Promise<void>((resolve) => (finish = resolve));
    done.push("muted");
  }, "muted true");
  const hiding = attempt.run(() => Promise.resolve(done.push("hidden")), "hidden true");
  expect(await attempt.run(() => Promise.resolve(done.push("hidden twice")), "hidden true")).toBe(false);
  expect(done).toEqual([]);
  finish();
  expect(await Promise.all([muting, hiding])).toEqual([true, true]);
  expect(done).toEqual(["muted", "hidden"]);
  expect(attempt.snapshot()).toEqual({ busy: false, failure: null });
});

test("a failure stays on the screen while what waited behind it succeeds", async () => {
  const attempt = new Attempt();
  const refused = new CallError("refused", 403, { code: "not_owner", message: "เฉพาะเจ้าของห้อง" });
  const first = attempt.run(() => Promise.reject(refused), "close");
  const second = attempt.run(() => Promise.resolve(), "muted true");
  expect(await Promise.all([first, second])).toEqual([false, true]);
  expect(attempt.snapshot()).toEqual({ busy: false, failure: { code: "not_owner", message: "เฉพาะเจ้าของห้อง" } });
});

test("a second run of the same thing while it is under way does nothing", async () => {
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
