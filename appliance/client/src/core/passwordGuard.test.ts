import { expect, test } from "vitest";

import { PasswordGuard } from "./passwordGuard";

const PASSWORD = "ปลาบู่ทอง-๒๔๗๕ x";

test("finds the password wherever it stands, and nothing before it is learnt or after it is forgotten", () => {
  const guard = new PasswordGuard(() => 0.5);
  expect(guard.isIn(PASSWORD)).toBe(false);
  guard.learn(PASSWORD);
  for (const text of [PASSWORD, `รหัสผมคือ${PASSWORD}ครับ`, `\n${PASSWORD}`]) expect(guard.isIn(text)).toBe(true);
  for (const text of ["", "ปลาบู่ทอง", PASSWORD.slice(1), `${PASSWORD.slice(0, -1)}y`]) expect(guard.isIn(text)).toBe(false);
  guard.forget();
  expect(guard.isIn(PASSWORD)).toBe(false);
});

test("a letter written as one sign or as two is the same", () => {
  const guard = new PasswordGuard(() => 0);
  guard.learn("cafe\u0301 noir 1234");
  expect(guard.isIn("caf\u00e9 noir 1234")).toBe(true);
});

test("the longest message is looked through, and holds no password by chance", () => {
  const guard = new PasswordGuard(() => 0.25);
  guard.learn(PASSWORD);
  expect(guard.isIn("ก".repeat(20_000))).toBe(false);
});

test("what is kept knows the password again, and is no more than a length and 20 bits", () => {
  const typed = new PasswordGuard(() => 0.5);
  typed.learn(PASSWORD);
  const { mark } = typed;
  expect(Object.keys(mark ?? {}).sort()).toEqual(["hash", "length", "start"]);
  expect(mark?.hash).toBeLessThan(2 ** 20);
  const reloaded = new PasswordGuard(() => 0.9);
  reloaded.recall(mark);
  expect(reloaded.isIn(`รหัสผมคือ ${PASSWORD}`)).toBe(true);
  expect(reloaded.isIn("รหัสผมคืออะไร")).toBe(false);
});
