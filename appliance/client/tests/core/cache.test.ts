import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";

import { Api } from "#core/api";
import { Clock } from "#core/clock";
import { openDatabase, STORES } from "#core/db/schema";
import { Seal, type Sealed } from "#core/db/seal";
import { DiskTables, MemoryTables, type Table, type Tables, type Write } from "#core/db/tables";
import { Endpoints } from "#core/endpoints";
import { Core } from "#core/index";
import { People } from "#core/people";
import type { PersonView } from "#core/protocol";
import type { RoomRecord } from "#core/roomState";

import { settled, START } from "./fakePorts";
import { diskBytes, makeWorld, MALEE, online, shown, SOMCHAI, until, type World, wiped } from "./world";

const HOUR = 3_600_000;
const original = Object.getOwnPropertyDescriptor(DiskTables.prototype, "write")?.value as (this: DiskTables, writes: readonly Write[]) => Promise<void>;
/** Puts itself around every write to disk. */
function duringWrites(act: (write: () => Promise<void>, tables: readonly string[]) => Promise<void>) {
  return vi.spyOn(DiskTables.prototype, "write").mockImplementation(async function (this: DiskTables, writes) {
    await act(() => original.call(this, writes), writes.map((write) => write.table));
  });
}

let world: World;
beforeEach(() => {
  world = makeWorld();
});

test("what is said can be read offline after a restart, and not from the disk (C2)", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  for (let i = 0; i < 10; i += 1) world.server.send(MALEE, world.room, `ความลับหมายเลข ${i}`);
  core.drafts.set(world.room, { text: "ร่างลับ", mentions: [], everyone: false, replyTo: null });
  core.timeline(world.room).open();
  await until(() => shown(core, world.room).length === 10 && core.rooms.list.snapshot().unread === 10, "shown");
  await world.time.advance(2_000);
  const disk = await diskBytes(device);
  for (const secret of ["ความลับ", "ร่างลับ", "มาลี", "งานสารบรรณ", "csrf-"]) expect(disk).not.toContain(secret);
  expect(disk).toContain("key extractable=false");
  kill();
  device.setUp(false);
  const again = world.tab(device);
  await again.core.start();
  expect(again.core.session.snapshot().kind).toBe("signed_in");
  expect(again.core.rooms.list.snapshot().rooms[0]?.unread).toBe(10);
  again.core.timeline(world.room).open();
  await until(() => shown(again.core, world.room).length === 10, "offline");
  expect(again.core.drafts.draft(world.room).snapshot().text).toBe("ร่างลับ");
  await until(() => again.core.connection.snapshot().kind === "offline", "says so");
});

test("of a batch with a range that there cannot be, nothing is written", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  const disk = core.session.tables as Tables;
  const row: Write = { kind: "put", table: "uploads", key: "x", value: { id: "x" } };
  await expect(disk.write([row, { kind: "dropBetween", table: "pieces", from: ["x", 0], to: ["x", -1] }])).rejects.toThrow();
  expect(await disk.get("uploads", "x")).toBeUndefined();
  await disk.write([row]);
  expect(await disk.get("uploads", "x")).toEqual({ id: "x" });
  kill();
});

test("a cache written before ranges were kept still opens", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  await core.rooms.load(world.room);
  const sent = Array.from({ length: 3 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`).n ?? 0);
  const writes = vi.spyOn(DiskTables.prototype, "write").mockImplementation(async function (this: DiskTables, batch) {
    await original.call(this, batch.map((write) => (write.kind === "put" && write.table === "rooms" ? { ...write, value: asBefore(write.value) } : write)));
  });
  world.server.read(MALEE, world.room, sent[2] ?? 0, sent[2]);
  await until(() => core.readers.of(world.room, sent[2] ?? 0, SOMCHAI).by.length === 1, "kept");
  await world.time.advance(1_000);
  writes.mockRestore();
  kill();
  device.setUp(false);
  const { core: after } = world.tab(device);
  await after.start();
  expect(after.rooms.room(world.room).snapshot()).toMatchObject({ unread: 3, firstUnread: sent[0] });
  expect(after.readers.of(world.room, sent[2] ?? 0, SOMCHAI).by).toEqual([MALEE]);
  after.rooms.markRead(world.room, sent[0] ?? 0, sent[1] ?? 0);
  await until(() => after.rooms.room(world.room).snapshot()?.unread === 1, "read");
});

/** A room's record as clients wrote it when reading was one mark. */
function asBefore(value: unknown): unknown {
  const { pendingReads: _, view, ...rest } = value as RoomRecord;
  const members = view.members?.map(({ skipped: __, ...member }) => member);
  return { ...rest, view: members === undefined ? view : { ...view, members }, pendingRead: null };
}

test("a crash between keeping and telling loses nothing and doubles nothing", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "ก่อน");
  await until(() => shown(core, world.room).length === 1, "before");
  let dead = false;
  const dying = duringWrites(async (write) => {
    await write();
    kill(); // the tab dies with the batch on disk and nobody told
    dead = true;
    await new Promise<never>(() => undefined);
  });
  world.server.send(MALEE, world.room, "ระหว่าง");
  await until(() => dead, "dead");
  dying.mockRestore();
  const again = world.tab(device);
  await again.core.start();
  await online(again.core);
  again.core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "หลัง");
  await until(() => shown(again.core, world.room).length === 3, "all");
  expect(shown(again.core, world.room)).toEqual(["ก่อน", "ระหว่าง", "หลัง"]);
  expect(again.core.rooms.list.snapshot().unread).toBe(3);
});

test("a write that fails moves nothing: neither memory nor cursor", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  core.timeline(world.room).open();
  let failures = 0;
  const failing = duringWrites(async (write, tables) => {
    if (!tables.includes("messages")) return await write();
    failures += 1;
    throw new DOMException("full", "QuotaExceededError");
  });
  world.server.send(MALEE, world.room, "ไม่มีที่เก็บ");
  await until(() => failures > 0, "failed");
  await settled();
  expect(core.rooms.list.snapshot().unread).toBe(0);
  failing.mockRestore();
  await world.time.advance(60_000);
  await until(() => core.rooms.list.snapshot().unread === 1, "asked for again");
});

test("revoked while offline: after the timer nothing is readable (C4)", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device, "somchai", { cacheLifeMs: 24 * HOUR });
  core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "อ่านได้ถึงพรุ่งนี้");
  await until(() => shown(core, world.room).length === 1, "shown");
  device.setUp(false);
  world.server.revoke(SOMCHAI);
  await world.time.advance(60_000);
  world.time.jump(23 * HOUR);
  await world.time.advance(60_000);
  expect(shown(core, world.room)).toEqual(["อ่านได้ถึงพรุ่งนี้"]);
  world.time.jump(1 * HOUR);
  await world.time.advance(60_000);
  await until(() => core.session.snapshot().kind === "signed_out", "locked");
  expect(core.session.snapshot()).toEqual({ kind: "signed_out", reason: "stale" });
  expect(shown(core, world.room)).toEqual([]);
  expect(core.rooms.list.snapshot().rooms).toEqual([]);
  expect(core.people.known(MALEE)).toBeNull();
  await until(() => core.session.tables === null, "no cache");
  await wiped(device);
});

test("a closed laptop opened after the time finds nothing either, nor one whose clock was set back", async () => {
  for (const skew of [80 * HOUR, -HOUR]) {
    const device = world.device();
    const { kill } = await world.signedIn(device);
    kill();
    device.setUp(false);
    device.clockSkew = skew;
    const again = world.tab(device);
    void again.core.start();
    await until(() => again.core.connection.snapshot().kind === "offline", "nothing to show");
    expect(again.core.session.snapshot().kind).toBe("starting");
    expect(await diskBytes(device)).toBe("");
    again.kill();
  }
});

test("a revoked account is thrown out at once when online, and the disk is empty", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  world.server.send(MALEE, world.room, "ก่อนเพิกถอน");
  await until(() => core.rooms.list.snapshot().unread === 1, "seen");
  world.server.revoke(SOMCHAI);
  await until(() => core.session.snapshot().kind === "signed_out", "out");
  await wiped(device);
});

test("a revoked account is thrown out at the next contact", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  expect(core.session.snapshot().kind).toBe("signed_in");
  kill();
  world.server.revoke(SOMCHAI);
  const again = world.tab(device);
  await again.core.start();
  await until(() => again.core.session.snapshot().kind === "signed_out", "out");
  expect(again.core.session.snapshot()).toEqual({ kind: "signed_out", reason: "ended" });
  await wiped(device);
});

test("logging out without network wipes now and tells the server at the next start", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  device.setUp(false);
  await core.session.logout();
  expect(core.session.snapshot()).toEqual({ kind: "signed_out", reason: "logout" });
  expect(await diskBytes(device)).toBe("");
  expect(world.server.sessions.size).toBe(1);
  kill();
  device.setUp(true);
  const again = world.tab(device);
  await again.core.start();
  expect(again.core.session.snapshot().kind).toBe("signed_out");
  expect(world.server.sessions.size).toBe(0);
});

test("on a shared PC nothing is written at all", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device, "somchai", { remember: false });
  core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "อย่าเก็บ");
  await until(() => shown(core, world.room).length === 1, "shown");
  await core.outbox.add(world.room, { text: "ค่ะ", mentions: [], everyone: false, replyTo: null });
  await until(() => shown(core, world.room).length === 2, "sent");
  expect(await diskBytes(device)).toBe("");
  kill();
  const again = world.tab(device); // a reload within the session
  await again.core.start();
  await online(again.core);
  expect(await diskBytes(device)).toBe("");
  await again.core.session.logout();
  // The agency's name is nobody's secret, and stands on the sign-in page.
  expect([...device.settings.keys()].filter((key) => key !== "gchat.agency")).toEqual([]);
});

test("a cache that cannot be read is thrown away and fetched again", async () => {
  const device = world.device();
  const { kill } = await world.signedIn(device);
  kill();
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = device.indexedDB.open("gchat");
    request.onsuccess = () => resolve(request.result);
  });
  const tx = db.transaction("rooms", "readwrite");
  tx.objectStore("rooms").put({ iv: new Uint8Array(12), data: new ArrayBuffer(64) }, "r_broken");
  await new Promise((resolve) => (tx.oncomplete = resolve));
  db.close();
  const again = world.tab(device);
  await again.core.start();
  await online(again.core);
  expect(again.core.rooms.list.snapshot().rooms).toHaveLength(1);
});

test("another person signing in finds nothing of the first", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  world.server.send(MALEE, world.room, "ของสมชาย");
  await until(() => core.rooms.list.snapshot().unread === 1, "seen");
  await core.session.logout();
  await core.session.login("prasit", "correct");
  await online(core);
  expect(core.rooms.list.snapshot().rooms).toEqual([]);
});

test("wrong credentials, terms first, then in", async () => {
  const device = world.device();
  const { core } = world.tab(device);
  await core.start();
  expect(core.session.snapshot()).toEqual({ kind: "signed_out", reason: "none" });
  await expect(core.session.login("somchai", "wrong")).rejects.toMatchObject({ kind: "refused", code: "wrong_credentials" });
  world.server.terms.accepted.delete(SOMCHAI);
  await core.session.login("somchai", "correct");
  expect(core.session.snapshot().kind).toBe("terms");
  expect(core.rooms.list.snapshot().loaded).toBe(false);
  await core.session.acceptTerms(1);
  await online(core);
  expect(core.session.snapshot().kind).toBe("signed_in");
});

test("an agency without terms asks for none, as its server does", async () => {
  const device = world.device();
  const { core } = world.tab(device);
  await core.start();
  world.server.terms.version = 0;
  world.server.terms.accepted.delete(SOMCHAI);
  await core.session.login("somchai", "correct");
  expect(core.session.snapshot().kind).toBe("signed_in");
  await online(core);
});

test("signing in waits for no permission (browsers 1)", async () => {
  const { ports } = world.device().tab();
  const persist = vi.fn((): unknown => new Promise(() => undefined));
  const core = new Core({ ...ports, storage: { ...ports.storage, persist } });
  await core.start();
  await core.session.login("somchai", "correct");
  await online(core);
  expect(persist).toHaveBeenCalled();
  expect(core.session.tables?.shared).toBe(true);
});

test("a database that never opens is done without, at the start and on signing in", async () => {
  const { ports } = world.device().tab();
  const silent = { open: () => ({}) as IDBOpenDBRequest } as unknown as IDBFactory;
  const core = new Core({ ...ports, storage: { ...ports.storage, indexedDB: () => silent } });
  void core.start();
  await world.time.advanceUntil(() => core.session.snapshot().kind === "signed_out", "the form");
  void core.session.login("somchai", "correct");
  await world.time.advanceUntil(() => core.session.snapshot().kind === "signed_in", "the rooms");
  expect(core.session.tables?.shared).toBe(false);
});

test("a browser that keeps no cookie is told so, not that the session ended", async () => {
  const device = world.device();
  device.keepsCookies = false;
  const { core } = world.tab(device);
  await core.start();
  await core.session.login("somchai", "correct");
  expect(core.session.snapshot()).toEqual({ kind: "signed_out", reason: "no_cookie" });
  device.keepsCookies = true;
  await core.session.login("somchai", "correct");
  expect(core.session.snapshot().kind).toBe("signed_in");
  world.server.sessions.clear();
  await core.session.refresh();
  expect(core.session.snapshot()).toEqual({ kind: "signed_out", reason: "ended" });
});

test("a clock that is a day wrong shows the server's time", async () => {
  const device = world.device();
  device.clockSkew = -24 * HOUR;
  const { core } = await world.signedIn(device);
  await until(() => Math.abs(core.clock.now() - START) < 1_000, "server time");
});

test("a reload still knows the reader's own password, and the disk does not", async () => {
  const device = world.device();
  const { kill } = await world.signedIn(device);
  expect(await diskBytes(device)).not.toContain("correct");
  kill();
  const { core } = world.tab(device);
  await core.start();
  expect(core.session.passwordGuard.isIn("รหัสของผมคือ correct")).toBe(true);
  await core.session.logout();
  expect(core.session.passwordGuard.isIn("รหัสของผมคือ correct")).toBe(false);
});

test("the page says why the server ended the session, learnt from a call or after the line was closed", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  const token = device.cookie ?? "";
  world.server.ends.set(token, "session_ended_password");
  world.server.sessions.delete(token);
  await core.session.refresh();
  expect(core.session.snapshot()).toEqual({ kind: "signed_out", reason: "session_ended_password" });
  await core.session.login("somchai", "correct");
  await online(core);
  world.server.ends.set(device.cookie ?? "", "session_ended_by_owner");
  world.server.sessions.delete(device.cookie ?? "");
  void core.session.endedByServer();
  await until(() => core.session.snapshot().kind === "signed_out", "signed out at once");
  await until(() => {
    const state = core.session.snapshot();
    return state.kind === "signed_out" && state.reason === "session_ended_by_owner";
  }, "the reason");
});

test("writes are done in the order in which they were asked for, however long sealing one takes", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  const tables = core.session.tables;
  if (tables === null) throw new Error("no cache");
  const close = Object.getOwnPropertyDescriptor(Seal.prototype, "close")?.value as (this: Seal, place: string, value: unknown) => Promise<Sealed>;
  let sealed = (): void => undefined;
  vi.spyOn(Seal.prototype, "close").mockImplementation(async function (this: Seal, place, value) {
    if (value === "older") await new Promise<void>((go) => (sealed = go));
    return await close.call(this, place, value);
  });
  const put = (value: string): Write => ({ kind: "put", table: "meta", key: "order", value });
  const writing = [tables.write([put("older")]), tables.write([put("newer")])];
  await settled();
  sealed();
  await Promise.all(writing);
  expect(await tables.get("meta", "order")).toBe("newer");
});

test("a session that ends while its cache is being read leaves nothing in memory for the next", async () => {
  const device = world.device();
  const first = await world.signedIn(device);
  first.core.drafts.set(world.room, { text: "ร่างลับ", mentions: [], everyone: false, replyTo: null });
  await first.core.search.remember("คำค้นลับ");
  await world.time.advance(2_000);
  first.kill();
  const again = world.tab(device);
  const { core } = again;
  const all = Object.getOwnPropertyDescriptor(DiskTables.prototype, "all")?.value as (this: DiskTables, table: Table) => Promise<unknown[]>;
  // Whatever is read from now on comes when the session is over.
  let go = (): void => undefined;
  const over = new Promise<void>((resolve) => (go = resolve));
  let reading: string[] = [];
  vi.spyOn(DiskTables.prototype, "all").mockImplementation(async function <T>(this: DiskTables, table: Table) {
    const found = (await all.call(this, table)) as T[];
    reading = [...reading, table];
    if (table === "drafts" || table === "people") await over;
    return found;
  });
  void core.start();
  await until(() => reading.includes("people"), "reading the cache");
  const drafts = core.drafts.open(core.session.tables as Tables);
  await until(() => reading.includes("drafts"), "reading the drafts");
  core.session.endedElsewhere("logout");
  go();
  await drafts;
  await settled();
  expect(core.drafts.draft(world.room).snapshot().text).toBe("");
  expect(core.people.known(SOMCHAI)).toBeNull();
});

test("a name learnt before the cache was read is not overwritten by the older one", async () => {
  const { ports } = world.device().tab();
  const tables = new MemoryTables();
  const endpoints = new Endpoints(new Api(ports, new Clock(ports.time)));
  const view = (name: string) => ({ id: SOMCHAI, name }) as PersonView;
  const earlier = new People(ports, endpoints);
  await earlier.open(tables);
  earlier.learnProfiles([view("นายสมชาย ใจดี")]);
  await world.time.advance(2_000);
  const people = new People(ports, endpoints);
  people.learnProfiles([view("นายสมชาย ใจดียิ่ง")]);
  await people.open(tables);
  expect(people.known(SOMCHAI)?.name).toBe("นายสมชาย ใจดียิ่ง");
});

test("a cache of before cursors were opaque asks for its rooms anew, and keeps what was written here", async () => {
  const factory = new IDBFactory();
  const stores = ["key", "meta", "rooms", "messages", "drafts", "outbox", "people"];
  const old = await new Promise<IDBDatabase>((resolve) => {
    const request = factory.open("gchat", 2);
    request.onupgradeneeded = () => stores.forEach((name) => request.result.createObjectStore(name));
    request.onsuccess = () => resolve(request.result);
  });
  const writing = old.transaction(stores, "readwrite");
  for (const name of stores) for (const key of ["cursor", "other"]) writing.objectStore(name).put(name, key);
  await new Promise((resolve) => (writing.oncomplete = resolve));
  old.close();
  const db = await openDatabase(factory, "gchat");
  const left = await Promise.all(STORES.map(async (name) => [name, await db.count(name)]));
  expect(Object.fromEntries(left)).toEqual({ key: 2, meta: 1, rooms: 0, messages: 0, drafts: 2, outbox: 2, people: 2, thumbs: 0, thumbFacts: 0, uploads: 0, pieces: 0 });
  expect(await db.getAllKeys("meta")).toEqual(["other"]);
  db.close();
});

test("bytes are kept sealed, bound to their place, and go with the cache", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  const { tables } = core.session;
  if (tables === null) throw new Error("no cache");
  const clear = new TextEncoder().encode("ภาพที่ไม่มีใครอ่านได้จากดิสก์");
  await tables.write([{ kind: "putBytes", table: "thumbs", key: "f_1", value: clear }]);
  expect(await tables.getBytes("thumbs", "f_1")).toEqual(clear);
  expect(await tables.getBytes("thumbs", "f_2")).toBeUndefined();
  expect(await diskBytes(device)).not.toContain("ภาพที่ไม่มีใครอ่านได้");
  await tables.destroy();
  expect(await tables.getBytes("thumbs", "f_1")).toBeUndefined();
  await wiped(device);
});
