import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { draftKept, loadDrafts } from "#core/db/drafts";
import { loadOutbox } from "#core/db/outbox";
import { DiskTables, MemoryTables, type Write } from "#core/db/tables";
import type { DraftChange } from "#core/drafts";
import type { Endpoints } from "#core/endpoints";
import { Clock } from "#core/clock";
import { CallError } from "#core/errors";
import { Outbox } from "#core/outbox";
import type { SocketPort } from "#core/ports";
import type { Send } from "#core/protocol";
import { Stream } from "#core/stream";
import { Turns } from "#core/turns";
import { Uploads } from "#core/uploads";

import { settled, type Cut, type Device } from "./fakePorts";
import { diskBytes, makeWorld, MALEE, online, shown, SOMCHAI, until, type Tab, type World } from "./world";

const DRAFT = { mentions: [], everyone: false, replyTo: null };
const SEND = /^\/api\/v1\/rooms\/[^/]+\/messages$/;

/** Has messages go by POST: the line is cut around each on the stream, and around each POST as `cut` says. */
function byPost(cut: () => Cut | null): (method: string, path: string) => Cut | null {
  return (method, path) => (!SEND.test(path) || method === "GET" ? null : method === "SEND" ? "before" : cut());
}

const nowhere = (): DraftChange => ({ write: draftKept("elsewhere", { ...DRAFT, text: "" }), done: () => undefined });

let world: World;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => {
  vi.restoreAllMocks();
});

function add({ core }: Tab, text: string, room = world.room): Promise<string> {
  return core.outbox.add(room, { ...DRAFT, text });
}

function states({ core }: Tab): string[] {
  return core.outbox.pending.snapshot().map((item) => item.delivery.kind);
}

/** Moves time on until the outbox is empty. */
async function emptied(tab: Tab): Promise<void> {
  await until(async () => {
    if (tab.core.outbox.pending.snapshot().length === 0) return true;
    await world.time.advance(1_000);
    return false;
  }, "an empty outbox");
}

test.each(["SEND", "POST"])("the network is killed in the middle of sending by %s, 20 times: 20 messages, once each, in order (C3)", async (way) => {
  const device = world.device();
  const tab = await world.signedIn(device);
  let kills = 0;
  // Each message dies once: half of them on the way there, half on the way back, and the line dies with them.
  const killed = new Set<number>();
  device.cut = (method, path) => {
    if (!SEND.test(path) || method === "GET") return null;
    const sent = world.server.texts(world.room).length;
    // A message goes by POST when it got no answer on the stream.
    if (method !== way) return method === "SEND" ? "before" : null;
    if (killed.has(sent) || kills >= 20) return null;
    killed.add(sent);
    kills += 1;
    device.cutSockets();
    return kills % 2 === 0 ? "after" : "before";
  };
  const texts = Array.from({ length: 20 }, (_, i) => `ข้อความที่ ${i + 1}`);
  for (const text of texts) await add(tab, text);
  await emptied(tab);
  if (way === "POST") expect(kills).toBe(20);
  expect(kills).toBeGreaterThan(0);
  expect(world.server.texts(world.room)).toEqual(texts);
  tab.core.timeline(world.room).open();
  await world.time.advanceUntil(() => tab.core.connection.snapshot().kind === "online", "online");
  await until(() => shown(tab.core, world.room).length === 20, "all shown");
  expect(shown(tab.core, world.room)).toEqual(texts);
});

/** What was asked of the server to send messages of the room, in order. */
const sends = (): string[] => world.server.calls.filter((call) => call.endsWith(`/rooms/${world.room}/messages`) && !call.startsWith("GET"));

test("while the stream is open messages go on it, and by POST when it is not", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  await add(tab, "ทางสตรีม");
  await emptied(tab);
  expect(sends().map((call) => call.split(" ")[0])).toEqual(["SEND"]);
  // A proxy lets no WebSocket through; the page is «offline» for the feed, and what is written leaves all the same.
  vi.spyOn(tab.core.ports.network, "socket").mockImplementation(() => {
    const port: SocketPort = { send: () => undefined, close: () => undefined, onopen: null, onmessage: null, onclose: null };
    queueMicrotask(() => port.onclose?.(1006, ""));
    return port;
  });
  device.cutSockets();
  await until(() => tab.core.connection.snapshot().kind === "offline", "no stream");
  await add(tab, "ทางโพสต์");
  await until(() => world.server.texts(world.room).length === 2, "sent");
  expect(sends().map((call) => call.split(" ")[0])).toEqual(["SEND", "POST"]);
});

test("a message whose answer dies with the stream goes by POST at once, with the same txn_id", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "SEND" ? "after" : null);
  await add(tab, "ครั้งเดียว");
  await until(() => sends().length === 2, "sent again"); // no time passes: nothing waits
  expect(sends().map((call) => call.split(" ")[0])).toEqual(["SEND", "POST"]);
  await emptied(tab);
  expect(world.server.texts(world.room)).toEqual(["ครั้งเดียว"]);
});

test("a stream that is open and dead is noticed by a message that gets no answer", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.swallow = true;
  await add(tab, "สายที่ตายแล้ว");
  await until(() => states(tab).join() === "sending", "on its way");
  await world.time.advanceUntil(() => states(tab).length === 0, "by POST");
  expect(world.server.texts(world.room)).toEqual(["สายที่ตายแล้ว"]);
});

test("on a stream that is silent a message waits four seconds and goes by POST, once; the line is not given up for it", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const post = vi.spyOn(Stream.prototype, "post");
  device.swallow = true;
  await add(tab, "คนรออยู่");
  await until(() => post.mock.calls.length === 1, "on the stream");
  await world.time.advance(4_000);
  await until(() => states(tab).length === 0, "brought back"); // no more time passes
  expect(world.server.texts(world.room)).toEqual(["คนรออยู่"]);
  expect(sends().map((call) => call.split(" ")[0])).toEqual(["POST"]);
  expect(tab.core.connection.snapshot().kind).toBe("online");
});

test("a stream that has left a message without an answer takes no other until something is heard; then it is dead", async () => {
  const { ports } = world.device().tab();
  const socket: SocketPort = { send: vi.fn(), close: vi.fn(), onopen: null, onmessage: null, onclose: null };
  const onClosed = vi.fn();
  const events = { onAlive: vi.fn(), onEvents: vi.fn(), onEnded: vi.fn(), onClosed };
  const stream = new Stream({ ...ports, network: { ...ports.network, socket: () => socket } }, new Clock(ports.time), null, events);
  socket.onopen?.();
  const frame = (txn_id: string): Send => ({ type: "send", room: world.room, txn_id, body: { text: "ก" } });
  const refusal = async (txn: string): Promise<unknown> => await (stream.post(frame(txn)) ?? Promise.resolve("not taken")).catch((error: unknown) => error);
  const refusals = [refusal("t_1"), refusal("t_2")];
  await world.time.advance(4_000);
  expect(await Promise.all(refusals)).toEqual([CallError.offline(), CallError.offline()]);
  expect(await refusal("t_3")).toBe("not taken");
  socket.onmessage?.(JSON.stringify({ pong: ports.time.now() }));
  const last = refusal("t_4");
  await world.time.advance(9_999);
  expect(onClosed).not.toHaveBeenCalled();
  await world.time.advance(1);
  expect(onClosed).toHaveBeenCalledTimes(1);
  expect(await last).toEqual(CallError.offline());
});

test("an answer that is lost: the log brings the message back, which is enough", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const timeline = tab.core.timeline(world.room);
  timeline.open();
  // The message goes by POST, the server commits it, and no answer ever comes back.
  device.cut = byPost(() => "after");
  const txn = await add(tab, "ครั้งเดียว");
  await world.time.advanceUntil(() => states(tab).length === 0, "back from the log");
  // It stands once, and the row of the view kept the key it had while it was pending.
  expect(world.server.texts(world.room)).toEqual(["ครั้งเดียว"]);
  await until(() => shown(tab.core, world.room).length === 1, "shown");
  expect(timeline.snapshot().items.at(-1)?.key).toBe(txn);
});

test("the same words from another device of ours are another message", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = byPost(() => "before");
  await add(tab, "รับทราบ");
  await until(() => states(tab).join() === "waiting", "waiting");
  world.server.send(SOMCHAI, world.room, "รับทราบ", { txn: "other-device" });
  tab.core.timeline(world.room).open();
  await world.time.advanceUntil(() => shown(tab.core, world.room).length === 1, "the other one");
  expect(states(tab)).toEqual(["waiting"]);
  device.cut = () => null;
  await emptied(tab);
  expect(world.server.texts(world.room)).toEqual(["รับทราบ", "รับทราบ"]);
});

test("words that the server writes otherwise are recognised all the same", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const timeline = tab.core.timeline(world.room);
  timeline.open();
  await until(() => timeline.snapshot().loading === "none", "loaded");
  const { room } = world;
  vi.spyOn(world.server, "send").mockImplementationOnce((person, at, text, extra) => world.server.send(person, at, text.replace("\r\n", "\n"), extra));
  let most = 0;
  timeline.subscribe(() => {
    const { items, pending } = timeline.snapshot();
    most = Math.max(most, [...items, ...pending].filter(({ kind }) => kind === "message" || kind === "pending").length);
  });
  device.cut = byPost(() => "after");
  await add(tab, "สอง\r\nบรรทัด");
  await world.time.advanceUntil(() => shown(tab.core, room).length === 1 && states(tab).length === 0, "sent");
  expect(shown(tab.core, room)).toEqual(["สอง\nบรรทัด"]);
  expect(most).toBe(1);
});

test("a refusal on the stream says what a POST would: its code, and how long to wait", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  world.server.busy = { status: 429, code: "too_many_requests", retryAfter: 40 };
  await add(tab, "เร็วไป");
  await until(() => states(tab).join() === "waiting", "refused for now");
  world.server.busy = null;
  await world.time.advance(39_000);
  expect(world.server.texts(world.room)).toEqual([]);
  await world.time.advanceUntil(() => world.server.texts(world.room).length === 1, "sent");
  expect(sends().map((call) => call.split(" ")[0])).toEqual(["SEND", "SEND"]);
});

test("an echo that comes before the answer is not shown twice", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const timeline = tab.core.timeline(world.room);
  timeline.open();
  await until(() => timeline.snapshot().loading === "none", "loaded");
  let most = 0;
  timeline.subscribe(() => {
    const { items, pending } = timeline.snapshot();
    most = Math.max(most, [...items, ...pending].filter((item) => "text" in item && item.text === "ซ้ำไหม").length);
  });
  await add(tab, "ซ้ำไหม");
  await until(() => shown(tab.core, world.room).includes("ซ้ำไหม") && states(tab).length === 0, "sent");
  expect(most).toBe(1);
});

test("without network messages wait, survive the crash of the tab, and go out in order", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  for (const text of ["หนึ่ง", "สอง", "สาม"]) await add(tab, text);
  await until(() => states(tab).join() === "waiting,waiting,waiting", "waiting");
  tab.kill();
  expect(await diskBytes(device)).not.toContain("หนึ่ง");
  const again = world.tab(device);
  await again.core.start();
  expect(again.core.outbox.pending.snapshot().map((item) => item.text)).toEqual(["หนึ่ง", "สอง", "สาม"]);
  device.setUp(true);
  await online(again.core);
  await emptied(again);
  expect(world.server.texts(world.room)).toEqual(["หนึ่ง", "สอง", "สาม"]);
});

test("a crash after the server's commit and before its answer sends nothing twice", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = byPost(() => "after");
  await add(tab, "ก่อนล้ม");
  await until(() => world.server.texts(world.room).length === 1, "committed");
  tab.kill();
  device.cut = () => null;
  const again = world.tab(device);
  await again.core.start();
  await online(again.core);
  await emptied(again);
  expect(world.server.texts(world.room)).toEqual(["ก่อนล้ม"]);
});

test("what the server refuses waits for a person; what comes behind goes on", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const long = "ก".repeat(20_001);
  const refused = await add(tab, long);
  await add(tab, "สั้น");
  await until(() => world.server.texts(world.room).includes("สั้น"), "the next went on");
  await until(() => states(tab).join() === "failed", "failed");
  expect(tab.core.outbox.pending.snapshot()[0]?.delivery).toEqual({ kind: "failed", code: "too_large", message: "too_large" });
  await tab.core.outbox.retry(refused);
  await until(() => states(tab).join() === "failed", "failed again");
  await tab.core.outbox.remove(refused);
  expect(states(tab)).toEqual([]);
  tab.kill();
  const again = world.tab(device);
  await again.core.start();
  expect(states(again)).toEqual([]);
});

test("a message that is deleted before it was sent never arrives", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  const txn = await add(tab, "เปลี่ยนใจ");
  await add(tab, "ส่งอันนี้");
  await tab.core.outbox.remove(txn);
  device.setUp(true);
  await online(tab.core);
  await emptied(tab);
  expect(world.server.texts(world.room)).toEqual(["ส่งอันนี้"]);
});

test("what never left this device comes back with its words; what may stand in the log does not", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  const kept = await add(tab, "เปลี่ยนใจ");
  await until(() => states(tab).join() === "waiting", "waiting");
  expect(tab.core.outbox.pending.snapshot()[0]?.tried).toBe(false);
  expect(await tab.core.outbox.take(kept, nowhere)).toBe(true);
  expect(await tab.core.outbox.take(kept, nowhere)).toBe(false);
  device.setUp(true);
  await online(tab.core);
  let sent = 0;
  device.cut = byPost(() => (++sent === 1 ? "after" : null));
  const tried = await add(tab, "ส่งแล้วไม่มีคำตอบ");
  await until(() => sent === 1, "committed without an answer");
  expect(await tab.core.outbox.take(tried, nowhere)).toBe(false);
  await world.time.advanceUntil(() => states(tab).length === 0, "answered");
  expect(world.server.texts(world.room)).toEqual(["ส่งแล้วไม่มีคำตอบ"]);
});

test("of two tabs, what one takes back the other does not send", async () => {
  const device = world.device();
  const leader = await world.signedIn(device);
  const second = world.tab(device);
  await second.core.start();
  device.setUp(false);
  const txn = await add(leader, "ถอนจากแท็บสอง");
  await until(() => second.core.outbox.pending.snapshot().length === 1, "seen");
  device.setUp(true);
  const taken = await second.core.outbox.take(txn, nowhere);
  await online(leader.core);
  await emptied(leader);
  expect(world.server.texts(world.room)).toEqual(taken ? [] : ["ถอนจากแท็บสอง"]);
});

test("the order is that of writing even when the clock is set back", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  await add(tab, "แรก");
  device.clockSkew = -60_000;
  await add(tab, "หลัง");
  device.setUp(true);
  await online(tab.core);
  await emptied(tab);
  expect(world.server.texts(world.room)).toEqual(["แรก", "หลัง"]);
});

test("one slow room does not hold up another", async () => {
  const other = world.server.createRoom(MALEE, "ห้องอื่น", [SOMCHAI]);
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method, path) => (method !== "GET" && path.includes(`/rooms/${world.room}/messages`) ? "before" : null);
  await add(tab, "ติด");
  await add(tab, "ผ่าน", other);
  await until(() => world.server.texts(other).includes("ผ่าน"), "the other room");
  expect(world.server.texts(world.room)).toEqual([]);
});

test("what signing out would lose: messages that are not sent, and rooms in which somebody has begun to write", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const other = world.server.createRoom(MALEE, "ห้องอื่น", [SOMCHAI]);
  device.cut = byPost(() => "before");
  expect(await tab.core.session.unsent()).toEqual({ messages: 0, drafts: 0 });
  await add(tab, "ยังไม่ได้ส่ง");
  tab.core.drafts.set(world.room, { ...DRAFT, text: "ร่าง" });
  tab.core.drafts.set(other, { ...DRAFT, text: " " });
  await expect.poll(() => tab.core.session.unsent()).toEqual({ messages: 1, drafts: 1 });
});

test("who loses a room keeps what they were about to say there, and nothing of it is sent", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = byPost(() => "before");
  await add(tab, "ยังไม่ได้ส่ง");
  tab.core.drafts.set(world.room, { ...DRAFT, text: "ร่าง" });
  await world.time.advance(500);
  world.server.remove(MALEE, world.room, [SOMCHAI]);
  await world.time.advanceUntil(() => states(tab).length === 0, "gone");
  expect(tab.core.drafts.draft(world.room).snapshot().text).toBe("ยังไม่ได้ส่ง\n\nร่าง");
  device.cut = () => null;
  await world.time.advance(5_000);
  expect(world.server.texts(world.room)).toEqual([]);
  tab.kill();
  const again = world.tab(device);
  await again.core.start();
  expect(again.core.drafts.draft(world.room).snapshot().text).toBe("ยังไม่ได้ส่ง\n\nร่าง");
});

/** A cache in which the next writes wait until they are let go, and are done then or just before. */
class SlowTables extends MemoryTables {
  waits: "before" | "after" | null = null;
  readonly waiting: (() => void)[] = [];

  override async write(writes: readonly Write[]): Promise<void> {
    const { waits } = this;
    if (waits === "after") await super.write(writes);
    if (waits !== null) await new Promise<void>((go) => this.waiting.push(go));
    if (waits !== "after") await super.write(writes);
  }
}

async function slowOutbox(postMessage: Endpoints["postMessage"]) {
  const { ports } = world.device().tab();
  const tables = new SlowTables();
  const turns = new Turns();
  const outbox = new Outbox(ports, { postMessage, writeTo: () => Promise.reject(new Error("no person")) }, world.time.now, () => 1, () => true, turns, new Uploads(ports, turns, "tab"));
  await outbox.open(tables);
  const given: string[] = [];
  const lose = (room: string) =>
    outbox.onEvents([], [room], SOMCHAI, (_, texts) => {
      given.push(...texts);
      return { write: draftKept(room, { ...DRAFT, text: texts.join("\n") }), done: () => undefined };
    });
  return { outbox, tables, given, lose };
}

test.each(["before", "after"] as const)("a room that is lost while its message is marked as leaving takes it for good (%s the write)", async (waits) => {
  const post = vi.fn(() => Promise.resolve({ n: 1 }));
  const { outbox, tables, given, lose } = await slowOutbox(post as unknown as Endpoints["postMessage"]);
  await outbox.add("r_lost", { ...DRAFT, text: "ยังไม่ได้ส่ง" });
  tables.waits = waits;
  outbox.lead(true);
  await until(() => tables.waiting.length === 1, "about to leave");
  tables.waits = null;
  lose("r_lost");
  await settled();
  tables.waiting[0]?.();
  await settled();
  expect(given).toEqual(["ยังไม่ได้ส่ง"]);
  expect(outbox.pending.snapshot()).toEqual([]);
  expect(await loadOutbox(tables)).toEqual([]);
  expect((await loadDrafts(tables)).map(({ draft }) => draft.text)).toEqual(["ยังไม่ได้ส่ง"]);
  expect(post).not.toHaveBeenCalled();
});

test.each(["before", "after"] as const)("a room that is lost while a refusal is written down takes its message for good (%s the write)", async (waits) => {
  const { outbox, tables, given, lose } = await slowOutbox(() => {
    tables.waits = waits;
    return Promise.reject(new CallError("refused", 403, { code: "not_a_member", message: "not_a_member" }));
  });
  await outbox.add("r_lost", { ...DRAFT, text: "ถูกปฏิเสธ" });
  outbox.lead(true);
  await until(() => tables.waiting.length === 1, "refused");
  tables.waits = null;
  lose("r_lost");
  await settled();
  tables.waiting[0]?.();
  await settled();
  expect(given).toEqual(["ถูกปฏิเสธ"]);
  expect(outbox.pending.snapshot()).toEqual([]);
  expect(await loadOutbox(tables)).toEqual([]);
});

test("a message taken back to be edited is in the outbox or in the draft, whenever the page ends", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  const txn = await add(tab, "แก้แล้วปิด");
  const write = vi.spyOn(DiskTables.prototype, "write");
  expect(await tab.core.takeBack(world.room, txn)).toBe(true);
  const taking = write.mock.calls.map(([writes]) => writes).find((writes) => writes.some(({ table }) => table === "outbox"));
  expect(taking?.map(({ kind, table }) => `${kind} ${table}`)).toEqual(["drop outbox", "put drafts"]);
  tab.kill();
  const again = world.tab(device);
  await again.core.start();
  expect(again.core.outbox.pending.snapshot()).toEqual([]);
  expect(again.core.drafts.draft(world.room).snapshot().text).toBe("แก้แล้วปิด");
});

test("a message that cannot be kept as a draft stays where it waits", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  const txn = await add(tab, "ยังรอ");
  vi.spyOn(DiskTables.prototype, "write").mockRejectedValue(new Error("full"));
  await expect(tab.core.takeBack(world.room, txn)).rejects.toThrow("full");
  expect(tab.core.outbox.pending.snapshot().map(({ text }) => text)).toEqual(["ยังรอ"]);
  expect(tab.core.drafts.draft(world.room).snapshot().text).toBe("");
});

/** Holds the first call of the cache that `when` chooses, before it does anything; `go` lets it go on. */
function held(name: "write" | "all", when: (arg: unknown) => boolean): { readonly go: () => void; readonly came: () => boolean } {
  const real = Reflect.get(DiskTables.prototype, name) as (this: DiskTables, arg: unknown) => Promise<unknown>;
  let go = (): void => undefined;
  let came = false;
  const wait = new Promise<void>((resolve) => (go = resolve));
  vi.spyOn(DiskTables.prototype, name).mockImplementation(async function (this: DiskTables, arg: unknown) {
    const holds = !came && when(arg);
    came ||= holds;
    // What was read stands as it was read; a write is done when it is let go.
    if (holds && name === "write") await wait;
    const done = await real.call(this, arg);
    if (holds && name === "all") await wait;
    return done as never;
  });
  return { go, came: () => came };
}

const keepsMessage = (writes: unknown): boolean => (writes as Write[]).some(({ kind, table }) => kind === "put" && table === "outbox");

/** What another start of the page finds on the device: unsent messages, then the draft. */
async function foundAgain(device: Device): Promise<string[]> {
  const again = world.tab(device);
  await again.core.start();
  const { outbox, drafts } = again.core;
  const found = [...outbox.pending.snapshot().map(({ text }) => text), drafts.draft(world.room).snapshot().text];
  again.kill();
  return found;
}

async function typed({ core }: Tab, device: Device, text: string): Promise<void> {
  core.drafts.set(world.room, { ...DRAFT, text });
  await until(async () => (await foundAgain(device)).at(-1) === text, "the draft is kept");
}

function sendDraft({ core }: Tab): Promise<string> {
  const draft = core.drafts.leave(world.room);
  return core.outbox.add(world.room, draft, () => core.drafts.left(world.room, draft));
}

test("what is typed while a message is being kept does not take its place: no moment loses words or has them twice", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  await typed(tab, device, "เรียนท่าน");
  const write = held("write", keepsMessage);
  const sending = sendDraft(tab);
  tab.core.drafts.set(world.room, { ...DRAFT, text: "เรื่องถัดไป" });
  await until(write.came, "being kept");
  await settled();
  expect(await foundAgain(device)).toEqual(["เรียนท่าน"]);
  write.go();
  await sending;
  await until(async () => (await foundAgain(device)).join() === "เรียนท่าน,เรื่องถัดไป", "both kept");
});

test("words that cannot be kept as a message are kept as the draft all the while, in front of what is typed meanwhile", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  await typed(tab, device, "หนึ่ง");
  vi.spyOn(DiskTables.prototype, "write").mockRejectedValueOnce(new Error("full"));
  const draft = tab.core.drafts.leave(world.room);
  const sending = tab.core.outbox.add(world.room, draft, () => tab.core.drafts.left(world.room, draft));
  tab.core.drafts.set(world.room, { ...DRAFT, text: "สอง" });
  await expect(sending).rejects.toThrow("full");
  await until(async () => (await foundAgain(device)).join() === "หนึ่ง\nสอง", "kept in front, before anybody brings it back");
  tab.core.drafts.stay(world.room, draft);
  expect(tab.core.drafts.draft(world.room).snapshot().text).toBe("หนึ่ง\nสอง");
});

test("a message that is added while the cache is read again stays on the screen", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  await add(tab, "ก่อนหน้า");
  const read = held("all", (table) => table === "outbox");
  const reading = tab.core.outbox.reload();
  await until(read.came, "reading");
  const adding = add(tab, "ระหว่างอ่าน");
  await settled();
  read.go();
  await Promise.all([reading, adding]);
  expect(tab.core.outbox.pending.snapshot().map(({ text }) => text)).toEqual(["ก่อนหน้า", "ระหว่างอ่าน"]);
});

test("what another tab has deleted is not put back by a refusal that comes later", async () => {
  const device = world.device();
  const leader = await world.signedIn(device);
  const second = world.tab(device);
  await second.core.start();
  device.cut = byPost(() => null);
  const { network } = leader.core.ports;
  const fetch = network.fetch.bind(network);
  let answer = (): void => undefined;
  const posting = vi.spyOn(network, "fetch").mockImplementation(async (path, init) => {
    if (SEND.test(path)) await new Promise<void>((go) => (answer = go));
    return await fetch(path, init);
  });
  const txn = await add(leader, "ก".repeat(20_001));
  await until(() => posting.mock.calls.some(([path]) => SEND.test(path)) && states(second).length === 1, "on its way");
  await second.core.outbox.remove(txn);
  answer();
  await until(() => states(leader).length === 0, "gone");
  expect(await foundAgain(device)).toEqual([""]);
});

test("a chat that has become a room takes draft and messages along in one write each", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  await add(tab, "หนึ่ง", "~p_prasit");
  await add(tab, "สอง", "~p_prasit");
  tab.core.drafts.set("~p_prasit", { ...DRAFT, text: "ร่าง" });
  await settled();
  const write = vi.spyOn(DiskTables.prototype, "write");
  tab.core.drafts.set("~p_prasit", { ...DRAFT, text: "ร่างใหม่" });
  tab.core.drafts.move("~p_prasit", world.room);
  await tab.core.outbox.move("~p_prasit", world.room);
  const writes = write.mock.calls.map(([writes]) => writes.map(({ kind, table }) => `${kind} ${table}`));
  expect(writes).toContainEqual(["drop drafts", "put drafts"]);
  expect(writes).toContainEqual(["drop outbox", "put outbox", "drop outbox", "put outbox"]);
  expect(await foundAgain(device)).toEqual(["หนึ่ง", "สอง", "ร่างใหม่"]);
});

test("a draft needs no pause to be kept, and the last words typed are the ones kept", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  for (const text of ["เ", "เร", "เรียนท่าน"]) tab.core.drafts.set(world.room, { ...DRAFT, text });
  // No time passes on the device's clock: nothing here waits for a timer.
  await until(async () => {
    const other = world.tab(device);
    await other.core.start();
    const kept = other.core.drafts.draft(world.room).snapshot().text;
    other.kill();
    return kept === "เรียนท่าน";
  }, "kept");
});

test("where the browser denies a network and the server answers, a message is marked before it leaves, so it stands once", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  // The browser is wrong about the network: the appliance stands in the same building.
  vi.spyOn(tab.core.ports.online, "online").mockReturnValue(false);
  let sent = 0;
  device.cut = byPost(() => (++sent === 1 ? "after" : null));
  const txn = await add(tab, "ครั้งเดียว");
  await until(() => sent === 1 && states(tab)[0] !== "sending", "committed without an answer");
  expect(await tab.core.outbox.take(txn, nowhere)).toBe(false);
  await emptied(tab);
  expect(world.server.texts(world.room)).toEqual(["ครั้งเดียว"]);
});

test("a refused reaction is taken back, an accepted one stays", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const timeline = tab.core.timeline(world.room);
  timeline.open();
  const { n } = world.server.send(MALEE, world.room, "ดีไหม");
  const reactions = () => timeline.snapshot().items.flatMap((item) => (item.kind === "message" && item.n === n ? item.reactions : []));
  await until(() => shown(tab.core, world.room).length === 1, "shown");
  const done = timeline.react(n ?? 0, "👍", true);
  expect(reactions()).toEqual([{ emoji: "👍", people: [SOMCHAI], mine: true }]);
  await done;
  world.server.react(MALEE, world.room, n ?? 0, "👍", true);
  await until(() => reactions()[0]?.people.length === 2, "both");
  device.cut = () => "before";
  await expect(timeline.react(n ?? 0, "🙏", true)).rejects.toMatchObject({ kind: "offline" });
  expect(reactions().map((reaction) => reaction.emoji)).toEqual(["👍"]);
});

test("what another agency orders waits for it, is not sent again meanwhile, and comes back once", async () => {
  const tab = await world.signedIn(world.device());
  world.server.ordered.set(world.room, "moi");
  const txn = await add(tab, "ถึงห้องของกระทรวงมหาดไทย");
  await add(tab, "ข้อความต่อมา");
  await until(() => states(tab).every((state) => state === "elsewhere") && states(tab).length === 2, "both wait for the other agency");
  expect(tab.core.outbox.pending.snapshot()[0]?.delivery).toEqual({ kind: "elsewhere", agency: "moi" });
  const sends = (): number => world.server.calls.filter((call) => SEND.test(call.split(" ")[1] ?? "") || call.startsWith("SEND")).length;
  const before = sends();
  await world.time.advance(60_000);
  expect(sends()).toBe(before);
  world.server.order(world.room);
  await until(() => tab.core.outbox.pending.snapshot().length === 0, "both are in the log");
  expect(world.server.texts(world.room)).toEqual(["ถึงห้องของกระทรวงมหาดไทย", "ข้อความต่อมา"]);
  expect(tab.core.outbox.pending.snapshot().some(({ txnId }) => txnId === txn)).toBe(false);
});

test("what another agency refuses waits for its author with the reason, and can be sent anew", async () => {
  const tab = await world.signedIn(world.device());
  world.server.ordered.set(world.room, "moi");
  const txn = await add(tab, "ไม่รับ");
  await until(() => states(tab)[0] === "elsewhere", "it waits");
  world.server.refuseOrdered(world.room, "not_a_member");
  await until(() => states(tab)[0] === "failed", "it is refused");
  expect(tab.core.outbox.pending.snapshot()[0]?.delivery).toMatchObject({ kind: "failed", code: "not_a_member" });
  await tab.core.outbox.retry(txn);
  await until(() => states(tab)[0] === "elsewhere", "it waits again");
  world.server.order(world.room);
  await until(() => tab.core.outbox.pending.snapshot().length === 0, "it is in the log");
});

test("what waits for another agency is asked for once more after a reload", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  world.server.ordered.set(world.room, "moi");
  await add(tab, "ก่อนโหลดใหม่");
  await until(() => states(tab)[0] === "elsewhere", "it waits");
  tab.kill();
  world.server.order(world.room);
  const again = await world.signedIn(device);
  await until(() => again.core.outbox.pending.snapshot().length === 0, "it is known to be in the log");
  expect(world.server.texts(world.room)).toEqual(["ก่อนโหลดใหม่"]);
});
