import { i18n } from "@lingui/core";
import { beforeEach, expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { PendingItem } from "#core/snapshots";
import { Store } from "#core/store";
import { losingText, losingTitle, waitingText } from "#i18n/unsent";

import { SignOutModel } from "./SignOutModel";

const message = (kind: "waiting" | "failed") => ({ delivery: { kind } }) as unknown as PendingItem;
let pending: Store<readonly PendingItem[]>;
const logout = vi.fn(() => Promise.resolve());
const left = vi.fn();

let drafts: number;

function model(...kept: PendingItem[]): SignOutModel {
  pending = new Store<readonly PendingItem[]>(kept);
  const session = { unsent: () => Promise.resolve({ messages: pending.snapshot().length, drafts }), logout };
  return new SignOutModel({ session, outbox: { pending, retryNow: () => undefined } } as unknown as Core, left);
}

beforeEach(() => {
  drafts = 0;
  i18n.loadAndActivate({ locale: "th", messages: {} });
  logout.mockClear();
  left.mockClear();
});

test("with nothing unsent there is no question", async () => {
  await model().ask();
  expect(logout).toHaveBeenCalledOnce();
  expect(left).toHaveBeenCalledOnce();
});

test("with messages unsent it asks first, and staying keeps them", async () => {
  const signOut = model(message("waiting"), message("failed"));
  await signOut.ask();
  expect(signOut.snapshot()).toEqual({ kind: "asking", messages: 2, drafts: 0, refused: 1 });
  signOut.stay();
  pending.set([]);
  expect(logout).not.toHaveBeenCalled();
});

test("waiting signs out when the last message has gone", async () => {
  const signOut = model(message("waiting"), message("waiting"));
  await signOut.ask();
  signOut.wait();
  pending.set([message("waiting")]);
  expect(signOut.snapshot()).toEqual({ kind: "waiting", messages: 1, drafts: 0 });
  expect(logout).not.toHaveBeenCalled();
  pending.set([]);
  await vi.waitFor(() => expect(left).toHaveBeenCalledOnce());
});

test("what the server refused is not waited for", async () => {
  const signOut = model(message("waiting"), message("failed"));
  await signOut.ask();
  signOut.wait();
  pending.set([message("failed")]);
  expect(signOut.snapshot()).toEqual({ kind: "asking", messages: 1, drafts: 0, refused: 1 });
});

test("what was only begun is asked about too, and named while messages are sent", async () => {
  drafts = 2;
  const alone = model();
  await alone.ask();
  expect(alone.snapshot()).toEqual({ kind: "asking", messages: 0, drafts: 2, refused: 0 });
  expect(logout).not.toHaveBeenCalled();
  const both = model(message("waiting"));
  await both.ask();
  both.wait();
  expect(both.snapshot()).toEqual({ kind: "waiting", messages: 1, drafts: 2 });
});

test("the words say what is lost by leaving now, and not that something is while it is being sent", () => {
  const lost = losingText({ messages: 1, drafts: 2 });
  expect(lost).toHaveLength(3);
  expect(losingText({ messages: 0, drafts: 2 })).toEqual(lost.slice(1));
  expect(losingTitle({ messages: 0, drafts: 2 })).not.toBe(losingTitle({ messages: 1, drafts: 2 }));
  expect(waitingText({ messages: 1, drafts: 0 }).join()).not.toMatch(/หาย|ทิ้ง/);
  expect(waitingText({ messages: 1, drafts: 2 }).at(-1)).toMatch(/2 ห้องจะหายไป/);
});
