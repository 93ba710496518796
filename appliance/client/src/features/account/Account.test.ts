import { expect, test, vi } from "vitest";

import { CallError } from "#core/errors";
import type { Core } from "#core/index";
import type { SessionView } from "#core/protocol";

import { AccountModel, mayDisown } from "./AccountModel";

const session = (id: string, current: boolean, last_used: number): SessionView => ({
  id, device: id, address: "192.0.2.1", created: 0, last_used, expires: 9, current,
});

const proved = vi.fn(() => Promise.resolve());

function modelWith(account: Partial<Core["account"]>): AccountModel {
  return new AccountModel({ account, session: { proved } } as unknown as Core);
}

test("this device stands first; signing out elsewhere leaves it", async () => {
  const endSession = vi.fn(() => Promise.resolve());
  const model = modelWith({
    sessions: () => Promise.resolve([session("old", false, 1), session("here", true, 2), session("phone", false, 3)]),
    signIns: () => Promise.resolve([]),
    endSession,
  });
  await model.loadDevices();
  expect(model.snapshot().sessions?.map((one) => one.id)).toEqual(["here", "phone", "old"]);
  await model.endOthers();
  expect(endSession.mock.calls).toEqual([["phone"], ["old"]]);
  expect(model.snapshot().sessions?.map((one) => one.id)).toEqual(["here"]);
});

test("signing out elsewhere ends a session that began after the list was drawn", async () => {
  const there = [session("here", true, 2)];
  const endSession = vi.fn(() => Promise.resolve());
  const model = modelWith({ sessions: () => Promise.resolve([...there]), signIns: () => Promise.resolve([]), endSession });
  await model.loadDevices();
  there.push(session("stranger", false, 3));
  await model.endOthers();
  expect(endSession.mock.calls).toEqual([["stranger"]]);
  expect(model.snapshot().sessions?.map((one) => one.id)).toEqual(["here"]);
});

test("a second factor is on only after its first code, typed in Thai digits too", async () => {
  const confirmTotp = vi.fn(() => Promise.resolve(["AAAA-BBBB-CCCC-DDDD"]));
  const model = modelWith({
    beginTotp: () => Promise.resolve({ secret: "ABCD", uri: "otpauth://totp/x" }),
    confirmTotp,
    secondFactors: () => Promise.resolve({ totp: true, passkeys: [], recovery_left: 1 }),
  });
  await model.beginTotp("ลับ");
  expect(model.snapshot().totp?.secret).toBe("ABCD");
  await model.confirmTotp("๑๒๓๔๕๖");
  expect(confirmTotp).toHaveBeenCalledWith("123456");
  expect(model.snapshot()).toMatchObject({ totp: null, factors: { totp: true }, codes: ["AAAA-BBBB-CCCC-DDDD"] });
  expect(proved).toHaveBeenCalledWith("ลับ");
  model.leaveSecurity();
  expect(model.snapshot().codes).toBeNull();
});

test("a wrong password keeps the reason on the screen", async () => {
  const model = modelWith({ removeTotp: () => Promise.reject(new CallError("refused", 403, { code: "wrong_password" })) });
  expect(await model.removeTotp("x")).toBe(false);
  expect(model.attempt.snapshot().failure?.code).toBe("wrong_password");
});

test("«this was not me» is one call about that line, after which the server says what is shown", async () => {
  const disownSignIn = vi.fn(() => Promise.resolve());
  const refresh = vi.fn(() => Promise.resolve());
  const model = new AccountModel({ account: { disownSignIn }, session: { refresh } } as unknown as Core);
  await model.disown({ id: 7, at: 1, until: 2, device: "", address: "198.51.100.1", outcome: "signed_in" });
  expect(disownSignIn.mock.calls).toEqual([[7]]);
  expect(refresh).toHaveBeenCalledOnce();
});

test("a page that was left opens again without its failure, its step and its secrets", async () => {
  const model = modelWith({
    removeTotp: () => Promise.reject(new CallError("refused", 403, { code: "password_wrong" })),
    beginTotp: () => Promise.resolve({ secret: "ABCD", uri: "otpauth://totp/x" }),
  });
  await model.beginTotp("ลับ");
  await model.removeTotp("x");
  model.leaveSecurity();
  expect(model.attempt.snapshot().failure).toBeNull();
  expect(model.snapshot().totp).toBeNull();
});

test("a sign-in can be disowned, but not the one of this device, nor the making of the account", () => {
  const sessions = [{ ...session("here", true, 9), created: 5 }, { ...session("phone", false, 8), created: 7 }];
  const signIn = (at: number, outcome: string, more = {}) => ({ id: at, at, until: at, device: "", address: "", outcome, ...more });
  expect(mayDisown(signIn(5, "signed_in"), sessions)).toBe(false);
  expect(mayDisown(signIn(7, "signed_in"), sessions)).toBe(true);
  expect(mayDisown(signIn(5, "failed"), sessions)).toBe(true);
  expect(mayDisown(signIn(1, "account_created"), sessions)).toBe(false);
  expect(mayDisown(signIn(6, "signed_in", { disowned: 8 }), sessions)).toBe(false);
});

test("how much room the files take is asked for, and a failure leaves what was known", async () => {
  const answer = { year: 2026, own: { used: 5_000, limit: 10_000 }, unit: null, left: 5_000 };
  const space = vi.fn().mockResolvedValueOnce(answer).mockRejectedValueOnce(CallError.offline());
  const model = new AccountModel({ account: { space } } as unknown as Core);
  expect(model.snapshot().space).toBeNull();
  expect(await model.loadSpace()).toBe(true);
  expect(model.snapshot().space).toEqual(answer);
  expect(await model.loadSpace()).toBe(false);
  expect([model.snapshot().space, model.reading.snapshot().failure?.code]).toEqual([answer, "offline"]);
});
