import { expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { Readers } from "#core/protocol";
import { Store } from "#core/store";

import { ReadersModel } from "./ReadersModel";

type Load = (room: string, n: number, cursor?: string | null) => Promise<Readers>;

const page = (read: string[], unread: string[], counts: [number, number], next: Partial<Readers> = {}): Readers => ({
  read: read.map((person) => ({ person, at: 10 })),
  unread: unread.map((person) => ({ person })),
  read_count: counts[0],
  unread_count: counts[1],
  ...next,
});

function coreWith(load: Load) {
  const room = new Store<unknown>(0);
  const timers: (() => void)[] = [];
  const core = {
    timeline: () => new Store({ items: [{ kind: "message", n: 5, text: "ประชุม 9.00 น." }] }),
    rooms: { room: () => room },
    readers: { load },
    ports: { time: { setTimeout: (run: () => void) => timers.push(run) } },
  };
  return { core: core as unknown as Core, room, timers };
}

const lists = (model: ReadersModel) => {
  const { state } = model.snapshot();
  if (state.kind !== "loaded") throw new Error(state.kind);
  const { read, unread, ...rest } = state.lists;
  return { read: read.map((one) => one.person), unread: unread.map((one) => one.person), ...rest };
};

test("a short list is complete at once, beside the words it is about", async () => {
  const model = new ReadersModel(coreWith(() => Promise.resolve(page(["p_1"], ["p_2"], [1, 1]))).core, "r_1", 5);
  await model.load();
  expect(model.snapshot().text).toBe("ประชุม 9.00 น.");
  expect(lists(model)).toEqual({ read: ["p_1"], unread: ["p_2"], readCount: 1, unreadCount: 1, readNext: null, unreadNext: null });
});

test("long lists go on page by page, each on its own", async () => {
  const pages: Record<string, Readers> = {
    first: page(["p_1", "p_2"], [], [3, 2], { cursor: "rest", unread_cursor: "missing" }),
    rest: page(["p_3"], ["p_8"], [3, 2], { cursor: "tail" }),
    missing: page([], ["p_8"], [3, 2], { cursor: "tail" }),
    tail: page([], ["p_9"], [3, 2]),
  };
  const load: Load = (_room, _n, cursor) => Promise.resolve(pages[cursor ?? "first"] ?? page([], [], [0, 0]));
  const model = new ReadersModel(coreWith(load).core, "r_1", 5);
  await model.load();
  await model.loadMore("unread");
  await model.loadMore("read");
  await model.loadMore("read");
  await model.loadMore("unread");
  expect(lists(model)).toEqual({ read: ["p_1", "p_2", "p_3"], unread: ["p_8", "p_9"], readCount: 3, unreadCount: 2, readNext: null, unreadNext: null });
});

test("an open panel reads again once when marks change in a burst", async () => {
  const load = vi.fn(() => Promise.resolve(page([], [], [0, 0])));
  const { core, room, timers } = coreWith(load);
  const stop = new ReadersModel(core, "r_1", 5).start();
  room.set(1);
  room.set(2);
  expect(timers).toHaveLength(1);
  timers[0]?.();
  await Promise.resolve();
  expect(load).toHaveBeenCalledTimes(2);
  stop();
  room.set(3);
  expect(timers).toHaveLength(1);
});
