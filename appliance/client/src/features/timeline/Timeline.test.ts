import { beforeEach, expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { RoomView } from "#core/protocol";
import type { TimelineSnapshot } from "#core/snapshots";
import { Store } from "#core/store";

import { message } from "./fixtures";
import { TimelineModel } from "./TimelineModel";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 8, 29, 5);
const EMPTY: TimelineSnapshot = { room: "r_1", items: [], pending: [], hasOlder: false, hasNewer: false, loading: "first", error: null, unreadLine: null, clearedAt: null };

let timeline: Store<TimelineSnapshot>;
let timers: (() => void)[];
let now: number;
const markRead = vi.fn();
const watchEnd = vi.fn();
const jumpTo = vi.fn(() => Promise.resolve());
const react = vi.fn(() => Promise.resolve());
const setDraft = vi.fn();
const endUnreadMark = vi.fn(() => Promise.resolve());
const markUnread = vi.fn(() => Promise.resolve());
const VIEW = { kind: "group", owner: "p_boss", role: "member", member_count: 3, closed: false } as unknown as RoomView;

function open(view: RoomView = VIEW): TimelineModel {
  const room = new Store({ view, members: [], denied: {} });
  const core = {
    timeline: () => Object.assign(timeline, { open: vi.fn(), close: vi.fn(), jumpTo, react }),
    rooms: { load: () => Promise.resolve(), room: () => room, markRead, markUnread, endUnreadMark },
    watchEnd,
    clock: { now: () => now },
    drafts: { draft: () => new Store({ text: "ร่าง", mentions: [], everyone: false, replyTo: null }), set: setDraft },
    ports: { time: { setTimeout: (run: () => void) => timers.push(run) } },
  };
  const model = new TimelineModel(core as unknown as Core, "r_1", "p_me");
  model.start();
  return model;
}

beforeEach(() => {
  vi.clearAllMocks();
  timeline = new Store(EMPTY);
  timers = [];
  now = NOW;
});

test("a receipt goes out only from a focused window, and only for what is on the screen then", () => {
  const model = open();
  model.saw(5, 7);
  model.setFocused(true);
  expect(markRead).not.toHaveBeenCalled();
  model.saw(40, 44);
  model.setFocused(false);
  model.saw(45, 49);
  expect(markRead.mock.calls).toEqual([["r_1", 40, 44]]);
});

test("the end of the room is watched from a focused window that shows it, until either ends or the room is left", () => {
  const model = open();
  model.setAtEnd(true);
  model.setFocused(true);
  model.setAtEnd(true);
  model.setAtEnd(false);
  model.setFocused(false);
  expect(watchEnd.mock.calls).toEqual([["r_1", false], ["r_1", true], ["r_1", false], ["r_1", false]]);
});

test("a mark as unread is ended by seeing its message in a room opened since, and by nothing else", async () => {
  const here = open();
  here.setFocused(true);
  await here.markUnread(5);
  here.saw(3, 9);
  expect(endUnreadMark).not.toHaveBeenCalled();
  const again = open({ ...VIEW, unread_from: 5 });
  again.saw(3, 9);
  again.setFocused(true);
  again.saw(2, 4);
  expect(endUnreadMark).not.toHaveBeenCalled();
  endUnreadMark.mockRejectedValueOnce(new Error("offline"));
  again.saw(3, 9);
  await vi.waitFor(() => expect(endUnreadMark).toHaveBeenCalledTimes(1));
  again.saw(3, 9);
  again.saw(3, 9);
  expect(endUnreadMark).toHaveBeenCalledTimes(2);
});

test("opens at the first unread message when the newest page does not reach it", async () => {
  const model = open();
  timeline.set({ ...EMPTY, loading: "none", hasOlder: true, unreadLine: 3, items: [message(50, "p_a", NOW)] });
  expect(jumpTo).toHaveBeenCalledWith(3);
  expect(model.snapshot().ready).toBe(false);
  await vi.waitFor(() => expect(model.snapshot().ready).toBe(true));
});

test("opens at once when nothing is unread", () => {
  const model = open();
  timeline.set({ ...EMPTY, loading: "none", hasOlder: true, items: [message(50, "p_a", NOW)] });
  expect(model.snapshot().ready).toBe(true);
  expect(jumpTo).not.toHaveBeenCalled();
});

test("arrivals of others are announced in one batch; what was there and our own are not", () => {
  const model = open();
  timeline.set({ ...EMPTY, loading: "none", items: [message(1, "p_a", NOW)] });
  timeline.set({ ...EMPTY, loading: "none", items: [message(1, "p_a", NOW), message(2, "p_b", NOW)] });
  timeline.set({ ...EMPTY, loading: "none", items: [message(1, "p_a", NOW), message(2, "p_b", NOW), message(3, "p_me", NOW), message(4, "p_a", NOW)] });
  expect(timers).toHaveLength(1);
  timers[0]?.();
  expect(model.announcement.snapshot()).toMatchObject({ turn: 1, messages: [{ n: 2 }, { n: 4 }] });
});

test("what the rules forbid is known before the server is asked", () => {
  const model = open();
  const [mine, theirs] = [message(1, "p_me", NOW), message(2, "p_a", NOW)];
  expect(model.denied("edit", mine)).toBeNull();
  expect(model.denied("edit", theirs)).toBe("not_author");
  expect(model.denied("react", { ...theirs, hidden: "retracted" })).toBe("message_retracted");
  now = NOW + 25 * HOUR;
  expect(model.denied("edit", mine)).toBe("edit_window_over");
});

test("a second press of one's own reaction takes it back", async () => {
  const model = open();
  const item = { ...message(1, "p_a", NOW), reactions: [{ emoji: "👍", people: ["p_me"], mine: true }] };
  await model.react(item, "👍");
  await model.react(item, "🙏");
  expect(react.mock.calls).toEqual([[1, "👍", false], [1, "🙏", true]]);
});

test("an answer is chosen through the draft and keeps its words", () => {
  open().replyTo(12);
  expect(setDraft).toHaveBeenCalledWith("r_1", { text: "ร่าง", mentions: [], everyone: false, replyTo: 12 });
});
