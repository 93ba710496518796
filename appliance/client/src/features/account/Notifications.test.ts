import { i18n } from "@lingui/core";
import { beforeEach, expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { SystemNotice } from "#core/ports";
import { NO_REQUESTS } from "#core/requests";
import type { Incoming, IncomingMessage, RequestList } from "#core/snapshots";
import { Store } from "#core/store";

import { NotificationsModel } from "./NotificationsModel";

type Permission = ReturnType<NotificationsModel["snapshot"]>["permission"];

const INCOMING = { kind: "message", room: "r_1", mention: false, direct: false, message: { sender: "p_1", text: "เอกสารลับ" } } as unknown as IncomingMessage;
const REQUESTS: Incoming = { kind: "requests", news: { waiting: 2, answers: 0, gone: 1 } };
const ME = { kind: "signed_in", me: { person: { id: "p_me" } } };
const show = vi.fn((_: SystemNotice) => Promise.resolve());
const clear = vi.fn((_: string | null) => Promise.resolve());
const follow = vi.fn();
let kept: Map<string, string>;
let answer: Permission;
let permission: Permission;
let looked: boolean;
let onScreen: boolean;
let shared: boolean;
let session: Store<unknown>;
let rooms: Store<{ rooms: { id: string; unread: number }[] }>;
let pending: Store<readonly unknown[]>;
let requests: Store<RequestList>;
let press: (hash: string) => void;

function model(): NotificationsModel {
  const notifications = {
    permission: () => permission,
    device: () => "desktop",
    ask: () => Promise.resolve(void (permission = answer)),
    onPermission: () => undefined,
    looked: () => Promise.resolve(looked),
    show,
    onScreen: () => Promise.resolve(onScreen),
    clear,
    onPressed: (listener: typeof press) => (press = listener),
  };
  const settings = { get: (key: string) => kept.get(key) ?? null, set: (key: string, value: string) => kept.set(key, value) };
  const core = {
    ports: { notifications, settings },
    session: Object.assign(session, { tables: { shared } }),
    rooms: { list: rooms },
    requests: { list: requests },
    outbox: { pending },
    clock: { now: () => Date.parse("2026-11-30T10:00:00+07:00") },
    people: { known: () => ({ name: "นายสมชาย ใจดี" }) },
    onIncoming: () => undefined,
  } as unknown as Core;
  return new NotificationsModel(core, { room: (room) => `/rooms/${room}`, requests: "/requests", settings: "/settings/notifications" }, follow);
}

beforeEach(() => {
  i18n.loadAndActivate({ locale: "th", messages: {} });
  show.mockReset().mockResolvedValue(undefined);
  clear.mockClear();
  [kept, answer, permission, looked, onScreen, shared] = [new Map<string, string>(), "granted", "default", false, true, true];
  requests = new Store<RequestList>(NO_REQUESTS);
  [session, rooms, pending] = [new Store<unknown>(ME), new Store({ rooms: [] }), new Store<readonly unknown[]>([])];
});

test.each(["denied", "default"] as const)("off until it is turned on, and stays off when the browser says %s", async (said) => {
  answer = said;
  const notifications = model();
  await notifications.turn(true);
  expect(notifications.snapshot()).toMatchObject({ permission: said, question: said === "default" ? "unanswered" : "none" });
  expect(notifications.snapshot().settings.on).toBe(false);
  await notifications.tell(INCOMING);
  expect(show).not.toHaveBeenCalled();
});

test("says only that a message came, unless its reader wants the words", async () => {
  const notifications = model();
  await notifications.turn(true);
  await notifications.tell(INCOMING);
  expect(show.mock.calls[0]?.[0]).toMatchObject({ title: "G-Chat", tag: "r_1", hash: "/rooms/r_1", sound: true });
  expect(JSON.stringify(show.mock.calls[0])).not.toContain("เอกสารลับ");
  notifications.choose({ content: true, sound: false });
  await notifications.tell(INCOMING);
  expect(show.mock.calls[1]?.[0]).toMatchObject({ title: "นายสมชาย ใจดี", body: "เอกสารลับ", sound: false });
});

test("nothing while any window is looked at; what was chosen is kept for the person", async () => {
  const notifications = model();
  await notifications.turn(true);
  looked = true;
  await notifications.tell(INCOMING);
  expect(show).not.toHaveBeenCalled();
  expect(model().snapshot().settings.on).toBe(true);
  session = new Store<unknown>({ kind: "signed_in", me: { person: { id: "p_other" } } });
  expect(model().snapshot().settings.on).toBe(false);
});

test("what another tab has chosen holds in the one that leads", async () => {
  const [leading, other] = [model(), model()];
  await other.turn(true);
  other.choose({ mentionsOnly: true });
  await leading.tell(INCOMING);
  expect(show).not.toHaveBeenCalled();
  await leading.tell({ ...INCOMING, mention: true });
  expect(show).toHaveBeenCalledOnce();
});

test("on a shared PC nothing is kept, and nothing offered", async () => {
  shared = false;
  const notifications = model();
  pending.set([{}]);
  expect(notifications.snapshot().banner).toBe("none");
  await notifications.turn(true);
  await notifications.tell(INCOMING);
  expect(show).toHaveBeenCalledOnce();
  expect([...kept.keys()].some((key) => key.includes("p_me"))).toBe(false);
});

test("a failure is not swallowed: it stands above the rooms and on the page until one is shown", async () => {
  const notifications = model();
  await notifications.turn(true);
  show.mockRejectedValueOnce(new TypeError("Illegal constructor"));
  await notifications.tell(INCOMING);
  expect(notifications.snapshot()).toMatchObject({ banner: "failed", failure: "Illegal constructor" });
  notifications.dismissBanner();
  expect(notifications.snapshot()).toMatchObject({ banner: "none", failure: "Illegal constructor" });
  await notifications.tell(INCOMING);
  expect(notifications.snapshot().failure).toBeNull();
});

test.each(["sent", "received"])("offered once, after the first message %s", async (how) => {
  const notifications = model();
  expect(notifications.snapshot().banner).toBe("none");
  const happen = async () => (how === "sent" ? pending.set([{}]) : await notifications.tell(INCOMING));
  await happen();
  expect(notifications.snapshot().banner).toBe("offer");
  notifications.dismissBanner();
  pending.set([]);
  await happen();
  expect(notifications.snapshot().banner).toBe("none");
  const later = model();
  await later.tell(INCOMING);
  expect(later.snapshot().banner).toBe("none");
});

test("taking the offer turns it on; a refusal of the browser is said", async () => {
  const notifications = model();
  pending.set([{}]);
  await notifications.acceptOffer();
  expect(notifications.snapshot()).toMatchObject({ banner: "none", settings: { on: true } });
  [kept, permission, answer] = [new Map<string, string>(), "default", "denied"];
  const refused = model();
  pending.set([{}, {}]);
  expect(refused.snapshot().banner).toBe("offer");
  await refused.acceptOffer();
  expect(refused.snapshot()).toMatchObject({ banner: "refused", settings: { on: false } });
});

test.each(["denied", "unsupported", "insecure", "needs_install"] as const)("not offered where it is %s", async (now) => {
  permission = now;
  const notifications = model();
  await notifications.tell(INCOMING);
  expect(notifications.snapshot().banner).toBe("none");
});

test("a trial says what became of it", async () => {
  const notifications = model();
  await notifications.turn(true);
  await notifications.test();
  expect(notifications.snapshot().test).toEqual({ kind: "shown" });
  onScreen = false;
  await notifications.test();
  expect(notifications.snapshot().test).toEqual({ kind: "vanished" });
  show.mockRejectedValueOnce(new Error("No permission"));
  await notifications.test();
  expect(notifications.snapshot().test).toEqual({ kind: "failed", reason: "No permission" });
});

test("what was read, here or elsewhere, is taken from the screen; signing out takes all", async () => {
  const notifications = model();
  await notifications.turn(true);
  rooms.set({ rooms: [{ id: "r_1", unread: 1 }] });
  await notifications.tell(INCOMING);
  rooms.set({ rooms: [{ id: "r_1", unread: 2 }] });
  expect(clear).not.toHaveBeenCalled();
  rooms.set({ rooms: [{ id: "r_1", unread: 0 }] });
  expect(clear).toHaveBeenCalledExactlyOnceWith("r_1");
  session.set({ kind: "signed_out", reason: "logout" });
  expect(clear).toHaveBeenLastCalledWith(null);
  expect(notifications.snapshot().settings.on).toBe(false);
});

test("of requests and rooms only that there is something, whatever was chosen; they lead there and go once seen", async () => {
  const notifications = model();
  await notifications.turn(true);
  notifications.choose({ content: true, mentionsOnly: true });
  await notifications.tell(REQUESTS);
  const [told] = show.mock.calls[0] ?? [];
  expect(told).toMatchObject({ title: "G-Chat", tag: "requests", hash: "/requests" });
  expect(told?.body).toMatch(/คำขอ.*2.*นำท่านออก.*1/);
  for (const kind of ["added", "owner"] as const) await notifications.tell({ kind, room: "r_1" });
  expect(show.mock.calls.slice(1).map(([{ title, tag, hash }]) => [title, tag, hash])).toEqual([
    ["G-Chat", "r_1", "/rooms/r_1"],
    ["G-Chat", "r_1", "/rooms/r_1"],
  ]);
  requests.set({ ...NO_REQUESTS });
  expect(clear).toHaveBeenCalledExactlyOnceWith("requests");
});

test("one that is pressed leads to its room", () => {
  model();
  press("/rooms/r_1");
  expect(follow).toHaveBeenCalledExactlyOnceWith("/rooms/r_1");
});
