import { expect, test, vi } from "vitest";

import type { Session } from "#core/index";
import { CallError } from "#core/errors";

import { LoginModel } from "./LoginModel";

function sessionWith(part: Partial<Session>): Session {
  return part as unknown as Session;
}

test("a code typed in Thai digits with a space reaches the server as plain digits", async () => {
  const secondFactor = vi.fn(() => Promise.resolve());
  await new LoginModel(sessionWith({ secondFactor }), "Edge").sendCode("๑๒๓ ๔๕๖");
  expect(secondFactor).toHaveBeenCalledWith({ code: "123456" });
});

test("the account name is trimmed, the password is not", async () => {
  const login = vi.fn(() => Promise.resolve());
  await new LoginModel(sessionWith({ login }), "Edge").login(" somchai ", " ลับ ", false);
  expect(login).toHaveBeenCalledWith("somchai", " ลับ ", { device: "Edge", remember: false });
});

test("a refusal stays on the screen until the next try", async () => {
  const login = vi.fn(() => Promise.reject(new CallError("refused", 401, { code: "bad_login", message: "ไม่ถูกต้อง" })));
  const model = new LoginModel(sessionWith({ login }), "Edge");
  await model.login("somchai", "x", true);
  expect(model.attempt.snapshot().failure?.code).toBe("bad_login");
});

test("the terms are read although signing in, which led to them, is not done yet", async () => {
  const terms = { version: 2, title: "ข้อกำหนด", text: "", language: "th" as const, effective: 0 };
  const model: LoginModel = new LoginModel(
    sessionWith({ login: async () => void (await model.loadTerms()), readTerms: () => Promise.resolve(terms) }),
    "Edge",
  );
  expect(await model.login("somchai", "x", true)).toBe(true);
  expect(model.terms.snapshot()).toEqual(terms);
});

test("refusing the terms asks before it loses words that stand here alone (ux 8)", async () => {
  const logout = vi.fn(() => Promise.resolve());
  const model = new LoginModel(sessionWith({ unsent: () => Promise.resolve({ messages: 0, drafts: 2 }), logout }), "Edge");
  await model.refuseTerms();
  expect(model.losing.snapshot()).toEqual({ messages: 0, drafts: 2 });
  expect(logout).not.toHaveBeenCalled();
  await model.refuseAndLose();
  expect(logout).toHaveBeenCalledOnce();
});

test("nothing is sent while a field is empty, and the page knows which (ux 19)", async () => {
  const login = vi.fn(() => Promise.resolve());
  const model = new LoginModel(sessionWith({ login }), "Edge");
  for (const [user, password, empty] of [["", "", "both"], [" ", "ลับ", "user"], ["somchai", "", "password"]] as const) {
    expect(await model.login(user, password, true)).toBe(false);
    expect(model.empty.snapshot()).toBe(empty);
  }
  expect(login).not.toHaveBeenCalled();
  expect(await model.login("somchai", "ลับ", true)).toBe(true);
  expect(model.empty.snapshot()).toBeNull();
});

test("a recovery code goes as it was typed", async () => {
  const secondFactor = vi.fn(() => Promise.resolve());
  await new LoginModel(sessionWith({ secondFactor }), "Edge").sendRecovery(" abcd efgh ");
  expect(secondFactor).toHaveBeenCalledWith({ recovery: "abcd efgh" });
});
