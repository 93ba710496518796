import { expect, test, vi } from "vitest";

import { CallError } from "#core/errors";
import type { Core } from "#core/index";
import type { PhotoToJudge } from "#core/protocol";
import { Store } from "#core/store";

import { JudgeModel } from "./JudgeModel";

const one: PhotoToJudge = { person: "p_1", name: "มาลี", photo: "f_1", at: 1 };

function opened(judge: Core["photos"]["judge"] = () => Promise.resolve()) {
  const changes = new Store(0);
  const toJudge = vi.fn(() => Promise.resolve({ photos: [one], waiting: 1 }));
  const photos = { changes, toJudge, judge, own: () => Promise.resolve({ mode: "moderated", refused: "มืดเกินไป" }) };
  return { model: new JudgeModel({ photos } as unknown as Core), changes, toJudge };
}

test("the list is read when it opens and with every change, until it is left", async () => {
  const { model, changes, toJudge } = opened();
  const stop = model.start();
  await vi.waitFor(() => expect(model.snapshot()).toEqual({ photos: [one], waiting: 1, refused: "มืดเกินไป" }));
  changes.set(1);
  await vi.waitFor(() => expect(toJudge).toHaveBeenCalledTimes(2));
  stop();
  changes.set(2);
  expect(toJudge).toHaveBeenCalledTimes(2);
});

test.each([
  [null, { photo: "f_1", outcome: "granted" }],
  [" ไม่เห็นหน้า ", { photo: "f_1", outcome: "refused", reason: "ไม่เห็นหน้า" }],
])("what is decided names the picture that was looked at: %s", async (reason, said) => {
  const judge = vi.fn(() => Promise.resolve());
  const { model, toJudge } = opened(judge);
  expect(await model.judge(one, reason)).toBe(true);
  expect(judge).toHaveBeenCalledWith("p_1", said);
  expect(toJudge).toHaveBeenCalledOnce();
});

test("one that was replaced or judged meanwhile is said so, and the list is read again", async () => {
  const { model, toJudge } = opened(() => Promise.reject(CallError.of(409, { code: "photo_changed" }, null, "th")));
  expect(await model.judge(one, null)).toBe(false);
  expect(model.attempt.snapshot().failure).not.toBeNull();
  await vi.waitFor(() => expect(toJudge).toHaveBeenCalledOnce());
});
