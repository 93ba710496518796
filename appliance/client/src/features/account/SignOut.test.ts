import { beforeEach, expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { PendingItem } from "#core/snapshots";
import { Store } from "#core/store";

import { SignOutModel } from "./SignOutModel";

const message = (kind: "waiting" | "failed") => ({ delivery: { kind } }) as unknown as PendingItem;
let pending: Store<readonly PendingItem[]>;
const logout = vi.fn(() => Promise.resolve());
const left = vi.fn();

function model(...kept: PendingItem[]): SignOutModel {
  pending = new Store<readonly PendingItem[]>(kept);
  const session = { unsent: () => Promise.resolve(pending.snapshot().length), logout };
  return new SignOutModel({ session, outbox: { pending, kick: () => undefined } } as unknown as Core, left);
}

beforeEach(() => {
  logout.mockClear();
  left.mockClear();
});

test("with nothing unsent there is no question", async () => {
  await model().ask();
  expect(logout).toHaveBeenCalledOnce();
  expect(left).toHaveBeenCalledOnce();
});

test("with messages unsent it asks first, and staying keeps them (ux 8)", async () => {
  const signOut = model(message("waiting"), message("failed"));
  await signOut.ask();
  expect(signOut.snapshot()).toEqual({ kind: "asking", unsent: 2, refused: 1 });
  signOut.stay();
  pending.set([]);
  expect(logout).not.toHaveBeenCalled();
});

test("waiting signs out when the last message has gone", async () => {
  const signOut = model(message("waiting"), message("waiting"));
  await signOut.ask();
  signOut.wait();
  pending.set([message("waiting")]);
  expect(signOut.snapshot()).toEqual({ kind: "waiting", unsent: 1 });
  expect(logout).not.toHaveBeenCalled();
  pending.set([]);
  await vi.waitFor(() => expect(left).toHaveBeenCalledOnce());
});

test("what the server refused is not waited for", async () => {
  const signOut = model(message("waiting"), message("failed"));
  await signOut.ask();
  signOut.wait();
  pending.set([message("failed")]);
  expect(signOut.snapshot()).toEqual({ kind: "asking", unsent: 1, refused: 1 });
});
