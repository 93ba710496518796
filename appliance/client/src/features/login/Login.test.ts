import { expect, test, vi } from "vitest";

import type { Session } from "#core/index";
import { CallError } from "#core/errors";
import type { Me } from "#core/protocol";
import type { SessionState } from "#core/snapshots";
import { Store } from "#core/store";

import { LoginModel } from "./LoginModel";

const SIGNED_OUT: SessionState = { kind: "signed_out", reason: "none" };

function sessionWith(part: Partial<Session>, state = new Store<SessionState>(SIGNED_OUT)): Session {
  return { snapshot: state.snapshot, subscribe: state.subscribe, ...part } as unknown as Session;
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

test("refusing the terms asks before it loses words that stand here alone", async () => {
  const logout = vi.fn(() => Promise.resolve());
  const model = new LoginModel(sessionWith({ unsent: () => Promise.resolve({ messages: 0, drafts: 2 }), logout }), "Edge");
  await model.refuseTerms();
  expect(model.losing.snapshot()).toEqual({ messages: 0, drafts: 2 });
  expect(logout).not.toHaveBeenCalled();
  await model.refuseAndLose();
  expect(logout).toHaveBeenCalledOnce();
});

test("nothing is sent while a field is empty, and the page knows which", async () => {
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

const me = {} as Me;
const SECOND: SessionState = { kind: "second_factor", factors: ["totp"], passkeyOptions: null };
const CHANGE: SessionState = { kind: "password_change", me };

/** A session that goes from state to state as it is told. */
function going(...states: SessionState[]): { model: LoginModel; state: Store<SessionState> } {
  const state = new Store<SessionState>(SIGNED_OUT);
  const next = (): Promise<void> => Promise.resolve(state.set(states.shift() ?? SIGNED_OUT));
  return { model: new LoginModel(sessionWith({ login: next, secondFactor: next, changePassword: next }, state), "Edge"), state };
}

test("what was typed to sign in is carried to the form that replaces it, and is gone when that is done", async () => {
  const { model } = going(SECOND, CHANGE, { kind: "signed_in", me });
  await model.login("somchai", "AAAA-BBBB", true);
  expect(model.typed.snapshot()).toBe("AAAA-BBBB");
  await model.sendCode("123456");
  expect(model.typed.snapshot()).toBe("AAAA-BBBB");
  expect(await model.changePassword(model.typed.snapshot() ?? "", "ใหม่")).toBe(true);
  expect(model.typed.snapshot()).toBeNull();
});

test.each<[string, SessionState]>([
  ["the rooms", { kind: "signed_in", me }],
  ["the terms", { kind: "terms", me, terms: null }],
  ["a sign-in that did not hold", { kind: "signed_out", reason: "no_cookie" }],
])("where %s follow, nothing that was typed is kept", async (_, state) => {
  const { model } = going(state);
  await model.login("somchai", "ลับ", true);
  expect(model.typed.snapshot()).toBeNull();
});

test("what was typed is gone when the second factor is left, or the session ends at the form", async () => {
  for (const at of [SECOND, CHANGE]) {
    const { model, state } = going(at);
    await model.login("somchai", "ลับ", true);
    void model.sendCode("123456"); // while it is under way
    state.set({ kind: "signed_out", reason: "ended" });
    expect(model.typed.snapshot()).toBeNull();
  }
});

test("what the server does not take, at the sign-in or as old password, is asked for and not carried", async () => {
  const wrong = (code: string) => vi.fn(() => Promise.reject(new CallError("refused", 400, { code })));
  const state = new Store<SessionState>(SIGNED_OUT);
  const model = new LoginModel(sessionWith({ login: wrong("sign_in_failed"), changePassword: wrong("password_wrong") }, state), "Edge");
  await model.login("somchai", "ลับ", true);
  expect(model.typed.snapshot()).toBeNull();
  model.typed.set("ลับ");
  await model.changePassword("ลับ", "ใหม่");
  expect(model.typed.snapshot()).toBeNull();
});

test("a new password that is too weak leaves the old one carried; pressing twice does too", async () => {
  const state = new Store<SessionState>(SIGNED_OUT);
  const login = vi.fn(() => Promise.resolve(state.set(CHANGE)));
  const changePassword = vi.fn(() => Promise.reject(new CallError("refused", 400, { code: "password_short" })));
  const model = new LoginModel(sessionWith({ login, changePassword }, state), "Edge");
  await Promise.all([model.login("somchai", "ลับ", true), model.login("somchai", "ลับ", true)]);
  await model.changePassword("ลับ", "ส");
  expect(model.typed.snapshot()).toBe("ลับ");
  expect(login).toHaveBeenCalledOnce();
});
