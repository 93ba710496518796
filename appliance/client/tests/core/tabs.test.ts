import { beforeEach, expect, test } from "vitest";

import { Core } from "#core/index";
import { openDatabase } from "#core/db/schema";
import { newKey } from "#core/db/seal";
import { DeviceCache } from "#core/deviceCache";

import { diskBytes, makeWorld, MALEE, online, shown, SOMCHAI, until, type World, wiped } from "./world";

let world: World;
beforeEach(() => {
  world = makeWorld();
});

async function twoTabs() {
  const device = world.device();
  const first = await world.signedIn(device);
  const second = world.tab(device);
  await second.core.start();
  await online(second.core);
  return { device, first, second };
}

test("one tab syncs, the other follows", async () => {
  const { device, first, second } = await twoTabs();
  for (const { core } of [first, second]) core.timeline(world.room).open();
  expect(device.sockets.size).toBe(1);
  const sent = Array.from({ length: 20 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`));
  world.server.react(SOMCHAI, world.room, sent[3]?.n ?? 0, "👍", true);
  world.server.redact(MALEE, world.room, sent[4]?.n ?? 0);
  for (const { core } of [first, second]) {
    await until(() => shown(core, world.room).length === 20 && shown(core, world.room)[4] === "", "followed");
    await until(() => core.rooms.list.snapshot().unread === 20, "counted");
  }
  expect(second.core.timeline(world.room).snapshot().items).toEqual(first.core.timeline(world.room).snapshot().items);
});

test("what is done in the following tab is sent by the leading one", async () => {
  const { first, second } = await twoTabs();
  const { n } = world.server.send(MALEE, world.room, "อ่านที่แท็บสอง");
  await until(() => second.core.rooms.list.snapshot().unread === 1, "seen");
  second.core.rooms.markRead(world.room, n ?? 0, n ?? 0);
  await until(() => first.core.rooms.list.snapshot().unread === 0, "read in both");
  await world.time.advance(1_000);
  await until(() => world.server.receipts.some(({ person, first, upto }) => person === SOMCHAI && first === n && upto === n), "read at the server");
  await second.core.outbox.add(world.room, { text: "จากแท็บสอง", mentions: [], everyone: false, replyTo: null });
  await until(() => world.server.texts(world.room).includes("จากแท็บสอง"), "sent");
  await until(() => second.core.outbox.pending.snapshot().length === 0, "settled");
  second.core.drafts.set(world.room, { text: "ร่าง", mentions: [], everyone: false, replyTo: null });
  await world.time.advance(500);
  await until(() => first.core.drafts.draft(world.room).snapshot().text === "ร่าง", "draft in both");
  const room = await second.core.rooms.create("group", "ห้องใหม่", [MALEE]);
  expect(second.core.rooms.room(room).snapshot()?.title).toBe("ห้องใหม่");
});

test("the leading tab tells of every tab's rooms, four at most, and so does the next", async () => {
  const { device, first, second } = await twoTabs();
  const made = ["หนึ่ง", "สอง", "สาม", "สี่"].map((name) => world.server.createRoom(MALEE, name, [SOMCHAI]));
  const watched = (): string[] => world.server.watchedBy(SOMCHAI).sort();
  second.core.timeline(world.room).open();
  await until(() => watched().length === 1, "the other tab's");
  first.core.timeline(made[0] ?? "").open();
  await until(() => watched().length === 2, "both");
  const third = world.tab(device);
  await third.core.start();
  await online(third.core);
  first.kill();
  await until(() => device.sockets.size === 1, "another leads");
  await until(() => watched().includes(world.room), "told by the next");
  for (const room of made) third.core.timeline(room).open();
  await until(() => JSON.stringify(watched()) === JSON.stringify([...made].sort()), "the four told last");
  third.setVisible(false);
  await until(() => watched().includes(world.room) && !watched().includes(made[3] ?? ""), "not those of a hidden tab");
});

test("when the leader dies the other takes over, with nothing lost and nothing doubled", async () => {
  const { device, first, second } = await twoTabs();
  second.core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "ก่อน");
  await until(() => shown(second.core, world.room).length === 1, "before");
  device.setUp(false);
  await first.core.outbox.add(world.room, { text: "ค้างส่ง", mentions: [], everyone: false, replyTo: null });
  first.kill();
  device.setUp(true);
  world.server.send(MALEE, world.room, "หลัง");
  await until(() => world.server.texts(world.room).includes("ค้างส่ง"), "sent by the heir");
  await until(() => shown(second.core, world.room).length === 3, "all");
  expect(shown(second.core, world.room)).toEqual(world.server.texts(world.room));
});

test("logging out in one tab empties the other and the disk", async () => {
  const { device, first, second } = await twoTabs();
  second.core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "ลับ");
  await until(() => shown(second.core, world.room).length === 1, "shown");
  const timeline = second.core.timeline(world.room);
  await first.core.session.logout();
  await until(() => second.core.session.snapshot().kind === "signed_out", "both out");
  expect(timeline.snapshot().items).toEqual([]);
  expect(second.core.rooms.list.snapshot().rooms).toEqual([]);
  await world.time.advance(5_000);
  await wiped(device);
  await second.core.session.login("somchai", "correct");
  await online(second.core);
  await until(() => first.core.session.snapshot().kind === "signed_in", "signed in here too");
  await online(first.core);
});

test("signing out in one tab is no ended session in the other, which hears it from the server first (browsers 5)", async () => {
  const { first, second } = await twoTabs();
  await second.core.session.logout();
  for (const { core } of [first, second]) {
    await until(() => JSON.stringify(core.session.snapshot()) === JSON.stringify({ kind: "signed_out", reason: "logout" }), "said why");
  }
});

test("two tabs that start at once without a cache share the one they make", async () => {
  const device = world.device();
  const first = await world.signedIn(device);
  first.kill();
  const wiped = device.indexedDB.deleteDatabase("gchat");
  await new Promise((resolve) => (wiped.onsuccess = resolve));
  const tabs = [world.tab(device), world.tab(device)];
  await Promise.all(tabs.map(({ core }) => core.start()));
  for (const { core } of tabs) await online(core);
  world.server.send(MALEE, world.room, "สองแท็บ");
  for (const { core } of tabs) await until(() => core.rooms.list.snapshot().unread === 1, "both");
  expect(device.sockets.size).toBe(1);
});

test("a tab that is looked at wakes the leader, which may be hidden and waiting (browsers 5)", async () => {
  const { device, first, second } = await twoTabs();
  second.setVisible(false);
  device.cut = () => "before";
  device.cutSockets();
  await until(() => second.core.connection.snapshot().kind === "offline", "offline in both");
  await world.time.advance(120_000);
  device.cut = () => null;
  second.setVisible(true);
  for (const { core } of [first, second]) await online(core);
});

test("a cache that is destroyed late takes nothing from who has signed in meanwhile", async () => {
  const device = world.device();
  const ports = device.tab().ports;
  const cache = new DeviceCache(ports, 3_600_000);
  const old = await cache.renew(true);
  const db = await openDatabase(device.indexedDB, "gchat");
  const key = await newKey(ports.crypto);
  // The other tab's key comes as early as it can: right behind the first thing that destroying does.
  const destroyed = old.destroy();
  await Promise.all([destroyed, db.put("key", key, "of the new session")]);
  expect(await db.getAllKeys("key")).toEqual(["of the new session"]);
  db.close();
});

test("a tab that is told «nobody» while another signs in joins it, and wipes nothing", async () => {
  const device = world.device();
  const { ports } = device.tab();
  let answer: () => void = () => undefined;
  const held = new Promise<void>((done) => (answer = done));
  let asked = false;
  const fetch: typeof ports.network.fetch = async (input, init) => {
    const response = await ports.network.fetch(input, init);
    if (!asked && response.status === 401) {
      asked = true;
      await held;
    }
    return response;
  };
  const late = new Core({ ...ports, network: { ...ports.network, fetch } });
  const starting = late.start();
  await until(() => asked, "asked, and not yet answered");
  const { core } = await world.signedIn(device);
  answer();
  await starting;
  await until(() => late.session.snapshot().kind === "signed_in", "joined");
  world.server.send(MALEE, world.room, "สองแท็บ");
  for (const tab of [core, late]) await until(() => tab.rooms.list.snapshot().unread === 1, "both");
  expect(core.session.tables?.shared).toBe(true);
  expect(await diskBytes(device)).not.toBe("");
});
