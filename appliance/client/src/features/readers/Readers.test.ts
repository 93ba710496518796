import { expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { Readers } from "#core/protocol";
import { Store } from "#core/store";

import type { ReaderLists } from "./readerLists";
import { ReadersModel } from "./ReadersModel";

type Load = (room: string, n: number, cursor: string | null) => Promise<Readers>;

function coreWith(load: Load) {
  const room = new Store<{ view: { members: readonly number[] } }>({ view: { members: [] } });
  const timers: (() => void)[] = [];
  const core = {
    timeline: () => new Store({ items: [{ kind: "message", n: 5, text: "ประชุม 9.00 น." }] }),
    rooms: { room: () => room },
    readers: { load },
    ports: { time: { setTimeout: (run: () => void) => timers.push(run) } },
  };
  return { core: core as unknown as Core, room, timers };
}

/** A server with so many readers and others; its cursors are the number of people before them. */
function pagesOf(reads: number, others: number, size: number): Load {
  const read = Array.from({ length: reads }, (_, i) => ({ person: `r_${i}`, at: i }));
  const unread = Array.from({ length: others }, (_, i) => ({ person: `u_${i}` }));
  return (_room, _n, cursor) => {
    const from = Number(cursor ?? 0);
    const page = { read: read.slice(from, from + size), unread: unread.slice(Math.max(0, from - reads), Math.max(0, from + size - reads)) };
    return Promise.resolve({
      ...page,
      read_count: reads,
      unread_count: others,
      ...(from + size < reads + others ? { cursor: String(from + size) } : {}),
      ...(page.unread.length === 0 && others > 0 ? { unread_cursor: String(reads) } : {}),
    });
  };
}

function listsOf(model: ReadersModel): ReaderLists {
  const { state } = model.snapshot();
  if (state.kind !== "loaded") throw new Error(state.kind);
  return state.lists;
}

test("the counts and the message are there with the first page", async () => {
  const model = new ReadersModel(coreWith(pagesOf(30, 20, 10)).core, "r_1", 5);
  await model.load();
  expect(model.snapshot().text).toBe("ประชุม 9.00 น.");
  expect(listsOf(model)).toMatchObject({ readCount: 30, unreadCount: 20 });
  expect(listsOf(model).read.people).toHaveLength(10);
  expect(listsOf(model).unread.people).toHaveLength(0);
});

test.each([
  [30, 20, 10],
  [25, 20, 10],
  [10, 5, 10],
  [0, 35, 10],
  [35, 0, 10],
  [3, 4, 10],
  [0, 0, 10],
])("each list goes on by itself to its end (%i readers, %i others)", async (reads, others, size) => {
  for (const order of [["read", "unread"], ["unread", "read"]] as const) {
    const load = vi.fn(pagesOf(reads, others, size));
    const model = new ReadersModel(coreWith(load).core, "r_1", 5);
    await model.load();
    for (const name of order) while (listsOf(model)[name].next !== null) await model.loadMore(name);
    expect(listsOf(model).read.people.map((one) => one.person)).toEqual(Array.from({ length: reads }, (_, i) => `r_${i}`));
    expect(listsOf(model).unread.people.map((one) => one.person)).toEqual(Array.from({ length: others }, (_, i) => `u_${i}`));
    const asked = load.mock.calls.length;
    await model.loadMore("read");
    await model.loadMore("unread");
    expect(load).toHaveBeenCalledTimes(asked);
  }
});

test("asking twice for the same part asks the server once", async () => {
  const load = vi.fn(pagesOf(30, 0, 10));
  const model = new ReadersModel(coreWith(load).core, "r_1", 5);
  await model.load();
  await Promise.all([model.loadMore("read"), model.loadMore("read")]);
  expect(load).toHaveBeenCalledTimes(2);
  expect(listsOf(model).read.people).toHaveLength(20);
});

test("an open panel reads again as far as it was, once for a burst of marks, and not for what is said", async () => {
  const load = vi.fn(pagesOf(30, 20, 10));
  const { core, room, timers } = coreWith(load);
  const model = new ReadersModel(core, "r_1", 5);
  const stop = model.start();
  await model.loadMore("read");
  await model.loadMore("unread");
  expect(load).toHaveBeenCalledTimes(3);
  room.update(({ view }) => ({ view: { ...view } }));
  expect(timers).toHaveLength(0);
  room.set({ view: { members: [1] } });
  room.set({ view: { members: [2] } });
  expect(timers).toHaveLength(1);
  timers[0]?.();
  await model.loadMore("read");
  expect(load).toHaveBeenCalledTimes(7);
  expect(listsOf(model).read.people).toHaveLength(30);
  expect(listsOf(model).unread.people).toHaveLength(10);
  stop();
  room.set({ view: { members: [3] } });
  expect(timers).toHaveLength(1);
});

test("what was loaded stays when the line breaks, and the reason is said", async () => {
  let broken = false;
  const pages = pagesOf(30, 0, 10);
  const model = new ReadersModel(coreWith((...asked) => (broken ? Promise.reject(new Error("offline")) : pages(...asked))).core, "r_1", 5);
  await model.load();
  broken = true;
  await model.loadMore("read");
  const { state } = model.snapshot();
  expect(state.kind === "loaded" && state.failure).toMatchObject({ code: expect.any(String) as string });
  expect(listsOf(model).read.people).toHaveLength(10);
  broken = false;
  await model.loadMore("read");
  expect(listsOf(model).read.people).toHaveLength(20);
});
