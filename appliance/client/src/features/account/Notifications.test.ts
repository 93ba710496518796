import { i18n } from "@lingui/core";
import { beforeEach, expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { Incoming } from "#core/snapshots";

import { NotificationsModel } from "./NotificationsModel";

const INCOMING = { room: "r_1", mention: false, message: { sender: "p_1", text: "เอกสารลับ" } } as unknown as Incoming;
const show = vi.fn();
let kept: Record<string, string | null>;
let answer: boolean;
let permission: "default" | "granted";

function model(): NotificationsModel {
  const notifications = {
    permission: () => permission,
    ask: () => {
      if (answer) permission = "granted";
      return Promise.resolve(answer);
    },
    show,
  };
  const settings = { get: (key: string) => kept[key] ?? null, set: (key: string, value: string | null) => void (kept[key] = value) };
  return new NotificationsModel({ ports: { notifications, settings }, people: { known: () => ({ name: "นายสมชาย ใจดี" }) } } as unknown as Core, vi.fn());
}

beforeEach(() => {
  i18n.loadAndActivate({ locale: "th", messages: {} });
  show.mockClear();
  [kept, answer, permission] = [{}, true, "default"];
});

test("off until it is turned on, and stays off when the browser refuses", async () => {
  answer = false;
  const notifications = model();
  await notifications.turn(true);
  expect(notifications.snapshot().on).toBe(false);
  notifications.tell(INCOMING, false);
  expect(show).not.toHaveBeenCalled();
});

test("says only that a message came, unless its reader wants the words", async () => {
  const notifications = model();
  await notifications.turn(true);
  notifications.tell(INCOMING, false);
  expect(show.mock.calls[0]).toEqual(["G-Chat", expect.not.stringContaining("เอกสารลับ"), "r_1", expect.any(Function)]);
  notifications.showContent(true);
  notifications.tell(INCOMING, false);
  expect(show.mock.calls[1]?.slice(0, 2)).toEqual(["นายสมชาย ใจดี", "เอกสารลับ"]);
});

test("nothing while the window is looked at", async () => {
  const notifications = model();
  await notifications.turn(true);
  notifications.tell(INCOMING, true);
  expect(show).not.toHaveBeenCalled();
  expect(model().snapshot().on).toBe(true);
});
