import { beforeEach, expect, test } from "vitest";

import type { Core } from "#core/index";
import type { RoomList, RoomSummary } from "#core/snapshots";
import { Store } from "#core/store";

import { RoomListModel } from "./RoomListModel";

function room(id: string, title: string, unread = 0): RoomSummary {
  return { id, kind: "group", title, other: null, unread, mentions: 0, muted: false, closed: false, marked: false, last: null, at: 0 };
}

const list = new Store<RoomList>({ loaded: true, rooms: [], hidden: [], unread: 0, mentions: 0 });
let model: RoomListModel;

beforeEach(() => {
  list.set({
    loaded: true,
    rooms: [room("r_1", "กองคลัง · งบประมาณ"), room("r_2", "ศูนย์ปฏิบัติการน้ำ", 3), room("r_3", "Budget 2570", 1)],
    hidden: [room("r_4", "งานเลี้ยง")],
    unread: 4,
    mentions: 0,
  });
  model = new RoomListModel({ rooms: { list }, people: { known: () => null } } as unknown as Core);
});

const ids = () => model.snapshot().rooms.map((r) => r.id);

test("filters by any part of the title, in Thai and English", () => {
  model.setQuery("งบประมาณ");
  expect(ids()).toEqual(["r_1"]);
  model.setQuery("BUDGET");
  expect(ids()).toEqual(["r_3"]);
});

test("words typed under the wrong keyboard layout find their room (ux 12)", () => {
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
