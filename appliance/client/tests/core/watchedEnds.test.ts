/** A message that comes where somebody looks is not unread, for no moment; one that was not seen, or not taken as seen, is. */
import { beforeEach, expect, test, vi } from "vitest";

import { makeWorld, MALEE, online, SOMCHAI, until, type Tab, type World } from "./world";

const LAG = 5_000;

let world: World;
beforeEach(() => {
  world = makeWorld();
});

const unread = ({ core }: Tab): number => core.rooms.list.snapshot().unread;

/** Every number of unread messages that a tab has shown since. */
function countsOf(tab: Tab): () => number[] {
  const seen = new Set([unread(tab)]);
  tab.core.rooms.list.subscribe(() => seen.add(unread(tab)));
  tab.core.rooms.room(world.room).subscribe(() => seen.add(tab.core.rooms.room(world.room).snapshot()?.unread ?? 0));
  return () => [...seen];
}

/** Sends a message and returns its position once the tabs have it. */
async function come(text: string, ...tabs: Tab[]): Promise<number> {
  const { n = -1 } = world.server.send(MALEE, world.room, text);
  for (const { core } of tabs) await until(() => core.rooms.list.snapshot().rooms[0]?.last?.n === n, "there");
  return n ?? -1;
}

test("what comes into a room whose end is on the screen is unread in no snapshot, in whatever tab", async () => {
  const device = world.device();
  const leader = await world.signedIn(device);
  const reader = world.tab(device);
  await reader.core.start();
  await online(reader.core);
  for (const tab of [leader, reader]) {
    const counts = [countsOf(leader), countsOf(reader)];
    tab.core.watchEnd(world.room, true);
    for (const text of ["หนึ่ง", "สอง", "สาม"]) {
      const n = await come(text, leader, reader);
      tab.core.rooms.markRead(world.room, n, n);
      await world.time.advanceUntil(() => world.server.receipts.some(({ person, upto }) => person === SOMCHAI && upto === n), "reported");
    }
    await world.time.advance(2 * LAG);
    expect(counts.map((shown) => shown())).toEqual([[0], [0]]);
    tab.core.watchEnd(world.room, false);
  }
  await come("ไม่มีใครดู", leader, reader);
  await until(() => unread(leader) === 1 && unread(reader) === 1, "counted");
});

test("what the timeline does not report was not on the screen: it counts, also when the tab has died", async () => {
  const device = world.device();
  const leader = await world.signedIn(device);
  const reader = world.tab(device);
  await reader.core.start();
  await online(reader.core);
  reader.core.watchEnd(world.room, true);
  await come("แท็บปิดไปแล้ว", leader, reader);
  expect([unread(leader), unread(reader)]).toEqual([0, 0]);
  reader.kill();
  await world.time.advance(LAG);
  expect(unread(leader)).toBe(1);
});

test("when the end is left, what was not reported counts at once; what stood there before counted all the while", async () => {
  const tab = await world.signedIn(world.device());
  await come("ก่อนเปิด", tab);
  expect(unread(tab)).toBe(1);
  tab.core.watchEnd(world.room, true);
  expect(unread(tab)).toBe(1);
  await come("ยังไม่ได้รายงาน", tab);
  expect(unread(tab)).toBe(1);
  tab.core.watchEnd(world.room, false);
  expect(unread(tab)).toBe(2);
});

test("a report that the server refuses brings the count back, with the end still on the screen", async () => {
  const tab = await world.signedIn(world.device());
  tab.core.watchEnd(world.room, true);
  const n = await come("ไม่รับ", tab);
  const handle = world.server.handle.bind(world.server);
  const refuse = (status: number, code: string) => ({ status, body: { error: { code, message: code, field: null, request: "q_1" } } });
  vi.spyOn(world.server, "handle").mockImplementation((token, method, path, init) => {
    if (path.includes("/receipts")) return refuse(403, "not_a_member");
    return path.includes("/sync") ? refuse(503, "busy") : handle(token, method, path, init);
  });
  world.server.dropAll();
  await until(() => tab.core.connection.snapshot().kind === "offline", "no stream");
  tab.core.rooms.markRead(world.room, n, n);
  expect(unread(tab)).toBe(0);
  await world.time.advanceUntil(() => unread(tab) === 1, "back");
});

test("what is marked as unread stays so under the eyes of its reader", async () => {
  const tab = await world.signedIn(world.device());
  tab.core.watchEnd(world.room, true);
  const n = await come("ไว้อ่านทีหลัง", tab);
  tab.core.rooms.markRead(world.room, n, n);
  await world.time.advanceUntil(() => world.server.receipts.some(({ person, upto }) => person === SOMCHAI && upto === n), "read");
  world.server.canned.set(`POST /rooms/${world.room}/unread`, () => {
    world.server.tells(SOMCHAI, world.room, { unread: 1, unread_from: n });
    return { status: 204 };
  });
  await tab.core.rooms.markUnread(world.room, n);
  await until(() => unread(tab) === 1, "marked");
});
