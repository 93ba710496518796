import { i18n } from "@lingui/core";
import { beforeEach, expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { MyRequest } from "#core/protocol";
import { NO_REQUESTS } from "#core/requests";
import type { RequestList, RoomList, RoomSummary } from "#core/snapshots";
import { Store } from "#core/store";

import { roomActions } from "./roomActions";
import { RoomListModel } from "./RoomListModel";

function room(id: string, title: string, unread = 0): RoomSummary {
  return { id, kind: "group", title, other: null, unread, mentions: 0, muted: false, pinned: false, closed: false, marked: false, clearedAt: null, last: null, at: 0 };
}

const list = new Store<RoomList>({ loaded: true, rooms: [], hidden: [], unread: 0, mentions: 0 });
const rooms = {
  list,
  setMuted: vi.fn(() => Promise.resolve()),
  setPinned: vi.fn(() => Promise.resolve()),
  setHidden: vi.fn(() => Promise.resolve()),
  markAllRead: vi.fn(() => Promise.resolve()),
  markUnread: vi.fn(() => Promise.resolve()),
};
const requests = new Store<RequestList>(NO_REQUESTS);
let model: RoomListModel;

beforeEach(() => {
  vi.clearAllMocks();
  i18n.loadAndActivate({ locale: "th", messages: {} });
  list.set({
    loaded: true,
    rooms: [room("r_1", "กองคลัง · งบประมาณ"), room("r_2", "ศูนย์ปฏิบัติการน้ำ", 3), room("r_3", "Budget 2570", 1)],
    hidden: [room("r_4", "งานเลี้ยง")],
    unread: 4,
    mentions: 0,
  });
  model = new RoomListModel({ rooms, people: { known: () => null }, requests: { list: requests } } as unknown as Core, "p_me");
});

const ids = () => model.snapshot().rooms.map((r) => r.id);

test("filters by any part of the title, in Thai and English", () => {
  model.setQuery("งบประมาณ");
  expect(ids()).toEqual(["r_1"]);
  model.setQuery("BUDGET");
  expect(ids()).toEqual(["r_3"]);
});

test("words typed under the wrong keyboard layout find their room", () => {
  model.setQuery("'[xit,kI");
  expect(ids()).toEqual(["r_1"]);
  model.setQuery("ฺีกเำะ");
  expect(ids()).toEqual(["r_3"]);
});

test("unread and hidden are lists of their own", () => {
  model.setFilter("unread");
  expect(ids()).toEqual(["r_2", "r_3"]);
  model.setFilter("hidden");
  expect(ids()).toEqual(["r_4"]);
});

test("neighbours follow the list as shown", () => {
  expect(model.neighbour("r_1", 1)).toBe("r_2");
  expect(model.neighbour("r_1", -1)).toBeNull();
  expect(model.neighbour("r_3", -1, true)).toBe("r_2");
  expect(model.neighbour(null, 1)).toBe("r_1");
});

test("the snapshot keeps its identity until something changes", () => {
  expect(model.snapshot()).toBe(model.snapshot());
});

const menu = (id: string) => {
  const summary = [...list.snapshot().rooms, ...list.snapshot().hidden].find((one) => one.id === id) as RoomSummary;
  return new Map(roomActions(summary, id === "r_4", model, () => undefined).map((action) => [action.id, action]));
};

test("a row offers what there is to do with its room, and does it", async () => {
  menu("r_1").get("mute")?.onAction();
  menu("r_1").get("pin")?.onAction();
  menu("r_2").get("read")?.onAction();
  await vi.waitFor(() => expect(rooms.markAllRead).toHaveBeenCalledWith("r_2"));
  expect(rooms.setMuted).toHaveBeenCalledWith("r_1", true);
  expect(rooms.setPinned).toHaveBeenCalledWith("r_1", true);
  expect(menu("r_2").get("read")?.detail).toBeDefined();
  expect(menu("r_1").has("read")).toBe(false);
  expect([...menu("r_1").keys()]).toEqual(["pin", "mute", "hide", "info"]);
});

test("a room whose newest entry is a notice can be marked as unread like any other (F16)", async () => {
  const notice = { kind: "notice", key: "r_1 7", n: 7, sender: "p_2", at: 1, notice: { what: "closed" } } as const;
  list.update((all) => ({ ...all, rooms: all.rooms.map((one) => (one.id === "r_1" ? { ...one, last: notice } : one)) }));
  menu("r_1").get("unread")?.onAction();
  await vi.waitFor(() => expect(rooms.markUnread).toHaveBeenCalledWith("r_1", 7));
});

test("what is hidden can be shown again, what is pinned let go", async () => {
  menu("r_4").get("hide")?.onAction();
  await vi.waitFor(() => expect(rooms.setHidden).toHaveBeenCalledWith("r_4", false));
  list.update((all) => ({ ...all, rooms: all.rooms.map((one) => ({ ...one, pinned: true })) }));
  await vi.waitFor(() => expect(model.attempt.snapshot().busy).toBe(false));
  menu("r_1").get("pin")?.onAction();
  expect(rooms.setPinned).toHaveBeenLastCalledWith("r_1", false);
});

test("all are read at once: what is unread or marked, nothing else", async () => {
  model.markAllRead();
  await vi.waitFor(() => expect(rooms.markAllRead.mock.calls).toEqual([["r_2"], ["r_3"]]));
});

test("a room with a request that waits for the reader is among the unread", () => {
  model.setFilter("unread");
  expect(ids()).toEqual(["r_2", "r_3"]);
  const waiting = { id: "rr_1", room: "r_1", waits_for_me: true } as MyRequest;
  requests.set({ ...NO_REQUESTS, requests: [waiting] });
  expect(ids()).toEqual(["r_1", "r_2", "r_3"]);
  requests.set(NO_REQUESTS);
});
