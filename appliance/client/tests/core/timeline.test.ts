import { beforeEach, expect, test } from "vitest";

import type { Timeline } from "#core/index";

import { settled } from "./fakePorts";
import { makeWorld, MALEE, PRASIT, shown, SOMCHAI, until, type World } from "./world";

let world: World;
beforeEach(() => {
  world = makeWorld();
});

function idle(timeline: Timeline): Promise<void> {
  return until(() => timeline.snapshot().loading === "none", "loaded");
}

/** The server has taken all of a room off the reader's screen. */
function clear(room: string): void {
  const at = world.server.room(room).entries.length - 1;
  world.server.tells(SOMCHAI, room, { cleared: at, cleared_at: world.time.now(), hidden: true, last: null });
}

function positions(timeline: Timeline): number[] {
  return timeline.snapshot().items.map((item) => item.n);
}

test("a room whose newest entries are all reactions shows its messages", async () => {
  const sent = world.server.send(MALEE, world.room, "ประกาศ");
  for (let i = 0; i < 150; i += 1) world.server.react(PRASIT, world.room, sent.n ?? 0, "👍", i % 2 === 0);
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  timeline.open();
  await until(() => shown(core, world.room).includes("ประกาศ"), "the message below the reactions");
  await idle(timeline);
  expect(timeline.snapshot()).toMatchObject({ hasOlder: false, error: null });
});

test("a page without anything to draw leads on to the next", async () => {
  const first = world.server.send(MALEE, world.room, "เก่า");
  for (let i = 0; i < 300; i += 1) world.server.react(PRASIT, world.room, first.n ?? 0, "👍", i % 2 === 0);
  world.server.send(MALEE, world.room, "ใหม่");
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  timeline.open();
  await idle(timeline);
  expect(shown(core, world.room)).toEqual(["ใหม่"]);
  await timeline.loadOlder();
  expect(shown(core, world.room)).toEqual(["เก่า", "ใหม่"]);
});

test("history is read page by page to the beginning, then from the cache", async () => {
  for (let i = 0; i < 120; i += 1) world.server.send(MALEE, world.room, `ข้อ ${i}`);
  world.server.says(SOMCHAI, world.room, { unread: 120 });
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  const timeline = core.timeline(world.room);
  timeline.open();
  await idle(timeline);
  expect(timeline.snapshot()).toMatchObject({ hasOlder: true, hasNewer: false, unreadLine: 2 });
  while (timeline.snapshot().hasOlder) await timeline.loadOlder();
  expect(shown(core, world.room)).toEqual(world.server.texts(world.room));
  expect(timeline.snapshot().items[0]).toMatchObject({ kind: "notice", notice: { what: "created", name: "งานสารบรรณ" } });
  await settled();
  kill();
  const again = world.tab(device);
  device.setUp(false);
  await again.core.start();
  const offline = again.core.timeline(world.room);
  offline.open();
  await idle(offline);
  while (offline.snapshot().hasOlder) await offline.loadOlder();
  expect(shown(again.core, world.room)).toEqual(world.server.texts(world.room));
});

test("a jump into the past, on to the present, and live again", async () => {
  const sent = Array.from({ length: 200 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`));
  world.server.says(SOMCHAI, world.room, { unread: sent.length });
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  timeline.open();
  await idle(timeline);
  const target = sent[20]?.n ?? 0;
  await timeline.jumpTo(target);
  expect(positions(timeline)).toContain(target);
  expect(timeline.snapshot()).toMatchObject({ hasNewer: true });
  world.server.send(MALEE, world.room, "ระหว่างดูอดีต");
  await until(() => core.rooms.list.snapshot().unread === 201, "arrived");
  expect(shown(core, world.room)).not.toContain("ระหว่างดูอดีต");
  while (timeline.snapshot().hasNewer) await timeline.loadNewer();
  const range = positions(timeline);
  expect(range).toEqual(Array.from({ length: range.length }, (_, i) => (range[0] ?? 0) + i));
  expect(shown(core, world.room).at(-1)).toBe("ระหว่างดูอดีต");
  await timeline.jumpTo(0);
  await timeline.jumpToNewest();
  expect(shown(core, world.room).at(-1)).toBe("ระหว่างดูอดีต");
});

test("what happens while a page is on its way is in the page", async () => {
  const sent = Array.from({ length: 60 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`));
  const device = world.device();
  const { core } = await world.signedIn(device);
  const timeline = core.timeline(world.room);
  let once = true;
  const page = world.server.handle.bind(world.server);
  world.server.handle = (token, method, path, init) => {
    const answer = page(token, method, path, init);
    if (path.includes("/messages?") && once) {
      once = false;
      world.server.redact(MALEE, world.room, sent[55]?.n ?? 0);
      world.server.react(MALEE, world.room, sent[56]?.n ?? 0, "🙏", true);
      world.server.send(MALEE, world.room, "ตามมา");
    }
    return answer;
  };
  timeline.open();
  await until(() => shown(core, world.room).includes("ตามมา"), "the newest");
  await idle(timeline);
  const item = (n: number | null | undefined) => timeline.snapshot().items.find((other) => other.n === n);
  expect(item(sent[55]?.n)).toMatchObject({ hidden: "retracted", text: "" });
  expect(item(sent[56]?.n)).toMatchObject({ reactions: [{ emoji: "🙏" }] });
});

test("a cleared conversation is out of sight until one jumps to it (F19)", async () => {
  const sent = Array.from({ length: 10 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`));
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  timeline.open();
  await idle(timeline);
  clear(world.room);
  await until(() => core.rooms.list.snapshot().hidden.length === 1, "hidden");
  expect(shown(core, world.room)).toEqual([]);
  expect(timeline.snapshot().hasOlder).toBe(false);
  await timeline.jumpTo(sent[4]?.n ?? 0);
  expect(shown(core, world.room)).toContain("ข้อ 4");
  await timeline.jumpToNewest();
  expect(shown(core, world.room)).toEqual([]);
  world.server.send(MALEE, world.room, "ใหม่");
  await until(() => core.rooms.list.snapshot().rooms.length === 1, "back in the list");
  expect(shown(core, world.room)).toEqual(["ใหม่"]);
});

test("a cleared conversation says when, keeps its place, and can be shown again", async () => {
  const [other, last] = [world.server.createRoom(SOMCHAI, "ห้องเก่า", [MALEE]), world.server.send(MALEE, world.room, "เดิม")];
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  timeline.open();
  await idle(timeline);
  clear(world.room);
  world.server.tells(SOMCHAI, world.room, { hidden: false });
  const list = () => core.rooms.list.snapshot().rooms;
  await until(() => list().length === 2 && list()[0]?.last === null, "cleared");
  expect(list().map((room) => room.id)).toEqual([world.room, other]);
  expect(list()[0]?.clearedAt).toBe(core.rooms.room(world.room).snapshot()?.view.cleared_at);
  expect(list()[0]?.clearedAt).toEqual(expect.any(Number));
  world.server.tells(SOMCHAI, world.room, { cleared: null, cleared_at: null, last });
  await until(() => shown(core, world.room).includes("เดิม"), "shown again");
  expect(list()[0]?.clearedAt).toBeNull();
});

test("pinned rooms stand first, and reading all of one is told as reading", async () => {
  const second = world.server.createRoom(SOMCHAI, "ห้องสอง", [MALEE]);
  const { core } = await world.signedIn(world.device());
  const order = () => core.rooms.list.snapshot().rooms.map((room) => room.id);
  const { n } = world.server.send(MALEE, second, "ใหม่");
  world.server.tells(SOMCHAI, world.room, { pinned: true });
  await until(() => core.rooms.list.snapshot().rooms.some((room) => room.pinned) && core.rooms.list.snapshot().unread === 1, "both told");
  expect(order()).toEqual([world.room, second]);
  await core.rooms.markAllRead(second);
  await until(() => core.rooms.list.snapshot().unread === 0, "counted at once");
  await world.time.advance(1_000);
  await until(() => world.server.receipts.some(({ person, room, upto }) => person === SOMCHAI && room === second && upto === n), "told");
});

test("readers are counted live once the members are known", async () => {
  world.server.add(MALEE, world.room, [PRASIT]);
  const { core } = await world.signedIn(world.device());
  await core.rooms.load(world.room);
  await until(() => core.rooms.room(world.room).snapshot()?.membersLoaded === true, "members");
  const timeline = core.timeline(world.room);
  timeline.open();
  const { n } = world.server.send(SOMCHAI, world.room, "ทราบแล้วโปรดตอบ");
  const read = () => timeline.snapshot().items.flatMap((item) => (item.kind === "message" && item.n === n ? [item.read] : []))[0];
  await until(() => read() !== undefined, "shown");
  expect(read()).toEqual({ by: 0, of: 2 });
  world.server.read(MALEE, world.room, n ?? 0);
  await until(() => read()?.by === 1, "read");
  expect(core.readers.of(world.room, n ?? 0, SOMCHAI)).toEqual({ by: [MALEE], of: 2 });
});

test("a reply shows what it answers, from afar too, and loses it with the message", async () => {
  const first = world.server.send(MALEE, world.room, "ต้นเรื่อง");
  for (let i = 0; i < 80; i += 1) world.server.send(MALEE, world.room, `คั่น ${i}`);
  world.server.send(SOMCHAI, world.room, "ตอบ", { reply_to: first.n ?? 0 });
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  timeline.open();
  const reply = () => timeline.snapshot().items.flatMap((item) => (item.kind === "message" && item.text === "ตอบ" ? [item.reply] : []))[0];
  await until(() => reply()?.kind === "known", "quote");
  expect(reply()).toEqual({ kind: "known", n: first.n, sender: MALEE, text: "ต้นเรื่อง", files: [] });
  world.server.redact(MALEE, world.room, first.n ?? 0);
  await until(() => reply()?.kind === "gone", "gone");
});

test("direct rooms bear the other's name, and notifications come for what is new and not muted", async () => {
  const direct = world.server.createRoom(MALEE, null, [SOMCHAI], "direct");
  const { core } = await world.signedIn(world.device());
  const heard: string[] = [];
  core.onIncoming((one) => heard.push(one.kind === "message" ? `${one.message.text}${one.mention ? "!" : ""}` : one.kind));
  expect(core.rooms.room(direct).snapshot()).toMatchObject({ title: "นางสาวมาลี ศรีสุข", other: MALEE });
  world.server.send(MALEE, direct, "ว่างไหม");
  world.server.send(SOMCHAI, direct, "ว่างครับ");
  world.server.tells(SOMCHAI, world.room, { muted: true });
  world.server.send(MALEE, world.room, "เงียบ");
  world.server.send(MALEE, world.room, "เรียก", { mentions: [SOMCHAI] });
  await until(() => heard.length === 2, "heard");
  expect(heard).toEqual(["ว่างไหม", "เรียก!"]);
  expect(core.rooms.list.snapshot().unread).toBe(1);
});
