/** Files on their way: cut lines, killed tabs, two tabs, no room on the device, a server that answers nonsense (C15, F11). */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PIECE } from "#core/db/uploads";
import { DiskTables, type Write } from "#core/db/tables";
import type { Attachment, LocalFile } from "#core/index";
import { FIRST_PART } from "#core/parts";

import { settled, type Cut, type Device } from "./fakePorts";
import { refuse } from "./fakeServer";
import { diskBytes, makeWorld, MALEE, online, SOMCHAI, until, wiped, type Tab, type World } from "./world";

// eslint-disable-next-line @typescript-eslint/unbound-method -- called on the tables that it is taken from
const WRITE: (this: DiskTables, writes: readonly Write[]) => Promise<void> = DiskTables.prototype.write;
const DRAFT = { mentions: [], everyone: false, replyTo: null };
const MiB = 1024 * 1024;
/** The first piece on a line that takes no time: its parts grow. */
const STEPS = ["PATCH", "PATCH", "PATCH"];

let world: World;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Bytes that no two places share: a window of 16 of them is found where they lie in clear. */
function content(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0, x = seed * 2_654_435_761; i < words.length; i += 1) words[i] = x = Math.imul(x ^ (x >>> 15), 2_246_822_519) + i;
  return new Uint8Array(words.buffer, 0, size);
}

function chosen(name: string, bytes: Uint8Array<ArrayBuffer>, type = "application/pdf"): LocalFile {
  return { name, type, size: bytes.length, slice: (start, stop) => Promise.resolve(bytes.slice(start, stop).buffer) };
}

const attached = ({ core }: Tab, room = world.room): readonly Attachment[] => core.attachments(room).snapshot();
const states = (tab: Tab): string[] => attached(tab).map(({ state }) => state);
const stateOf = (tab: Tab): string => states(tab).join();

async function attach(tab: Tab, ...files: LocalFile[]): Promise<string[]> {
  expect(await tab.core.attachments(world.room).add(files)).toEqual([]);
  return attached(tab).slice(-files.length).map(({ id }) => id);
}

/** Sends the draft of the room as the composer does. */
async function send({ core }: Tab, text = "", room = world.room): Promise<string> {
  const draft = core.drafts.leave(room);
  return await core.outbox.add(room, { ...draft, text }, () => core.drafts.left(room, draft));
}

/** The messages of the room, with the names of their files. */
function said(room = world.room): string[] {
  const messages = world.server.room(room).entries.filter(({ type }) => type === "message.text");
  return messages.map(({ body }) => [body?.text ?? "", ...(body?.files ?? []).map(({ name }) => name)].filter(Boolean).join(" + "));
}

const reach = (what: string, holds: () => boolean): Promise<void> => world.time.advanceUntil(holds, what);
const calls = (pattern: RegExp): string[] => world.server.calls.filter((call) => pattern.test(call));

const keptOn = async (device: Device): Promise<number> => await rowsIn(device, "pieces") + (await rowsIn(device, "uploads"));

async function rowsIn(device: Device, table: string): Promise<number> {
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = device.indexedDB.open("gchat");
    request.onsuccess = () => resolve(request.result);
  });
  const counting = db.transaction(table).objectStore(table).count();
  const count = await new Promise<number>((resolve) => (counting.onsuccess = () => resolve(counting.result)));
  db.close();
  return count;
}

test("a file is kept sealed, sent in pieces, goes with its message, and nothing of it stays", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const bytes = content(9 * MiB);
  await attach(tab, chosen("รายงานการประชุม.pdf", bytes));
  await send(tab, "ตามแนบ");
  await reach("the message", () => said().length === 1);
  expect(said()).toEqual(["ตามแนบ + รายงานการประชุม.pdf"]);
  expect(calls(/uploads/u).map((call) => call.split(" ")[0])).toEqual(["POST", ...STEPS, "PATCH", "PATCH"]);
  expect(world.server.uploads.received).toBe(9 * MiB);
  await until(async () => (await keptOn(device)) === 0, "nothing kept");
  expect(tab.core.outbox.pending.snapshot()).toEqual([]);
  expect(attached(tab)).toEqual([]);
});

test("the server gets what the file holds, byte by byte, and its name, type and form", async () => {
  const tab = await world.signedIn(world.device());
  const bytes = content(PIECE + 12_345);
  await attach(tab, chosen("ภาพ.jpg", bytes, "image/jpeg; charset=binary"));
  await reach("ready", () => stateOf(tab) === "ready");
  const upload = world.server.uploads.named("ภาพ.jpg");
  expect(Buffer.compare(upload.bytes, bytes)).toBe(0);
  expect(upload.said).toEqual({ name: "ภาพ.jpg", type: "image/jpeg", room: world.room, form: "picture" });
  expect(attached(tab)).toMatchObject([{ name: "ภาพ.jpg", form: "picture", acknowledged: bytes.length, remote: "u_1", failure: null }]);
});

test("a cleaned file is shown as it will be sent, and goes so after another choice", async () => {
  const tab = await world.signedIn(world.device());
  const { uploads } = world.server;
  uploads.settles = false;
  const [id = ""] = await attach(tab, chosen("IMG_0042.heic", content(5_000), "image/heic"));
  await reach("all bytes", () => stateOf(tab) === "preparing");
  uploads.named("IMG_0042.heic").file = { name: "IMG_0042.jpg", size: 9_000, width: 8_000, height: 7_000 };
  uploads.settle("u_1", "ready");
  await reach("told", () => attached(tab)[0]?.sent !== null);
  expect(attached(tab)).toMatchObject([{ name: "IMG_0042.heic", size: 5_000, sent: { name: "IMG_0042.jpg", size: 9_000, width: 8_000, height: 7_000 } }]);
  const asked = calls(/^GET \S*uploads/u).length;
  uploads.settles = true;
  await tab.core.uploads.setOriginal(id, true);
  expect(attached(tab)).toMatchObject([{ original: true, sent: null }]);
  await reach("ready again", () => stateOf(tab) === "ready");
  expect(calls(/^GET \S*uploads/u)).toHaveLength(asked);
});

test("a server that does not say how a file will be sent keeps nothing waiting", async () => {
  const tab = await world.signedIn(world.device());
  world.server.canned.set("GET /uploads", () => refuse(503, "unavailable"));
  await attach(tab, chosen("ภาพ.jpg", content(5_000), "image/jpeg"));
  await reach("ready", () => stateOf(tab) === "ready");
  expect(attached(tab)).toMatchObject([{ sent: null, failure: null }]);
  await send(tab, "ตามแนบ");
  await reach("the message", () => said().length === 1);
});

test("no 16 bytes of a file lie in clear on the disk while it waits to be sent", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (_, path) => (path.includes("/uploads") ? "before" : null);
  const bytes = content(PIECE + MiB);
  await attach(tab, chosen("ลับ.bin", bytes));
  await until(async () => (await rowsIn(device, "pieces")) === 2, "kept");
  const disk = Buffer.from(await diskLatin(device), "latin1");
  expect(disk.length).toBeGreaterThan(bytes.length);
  for (let at = 0; at + 16 <= bytes.length; at += 64 * 1024) expect(disk.includes(Buffer.from(bytes.subarray(at, at + 16)))).toBe(false);
  expect(await diskBytes(device)).not.toContain("ลับ");
});

async function diskLatin(device: Device): Promise<string> {
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = device.indexedDB.open("gchat");
    request.onsuccess = () => resolve(request.result);
  });
  const reading = db.transaction("pieces").objectStore("pieces").getAll();
  const values = await new Promise<{ data: ArrayBuffer }[]>((resolve) => (reading.onsuccess = () => resolve(reading.result as { data: ArrayBuffer }[])));
  db.close();
  return values.map(({ data }) => Buffer.from(data).toString("latin1")).join("");
}

test.each<Cut>(["before", "within", "after"])("the line is cut %s every other request: the file arrives whole, and little is sent twice", async (how) => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const bytes = content(6 * PIECE + 1);
  const sent = new Map<string, number>();
  device.cut = (method, path) => {
    if (!path.includes("/uploads") || method === "GET") return null;
    const times = (sent.get(method) ?? 0) + 1;
    sent.set(method, times);
    return times % 2 === 1 ? how : null;
  };
  await attach(tab, chosen("ยาว.mp4", bytes, "video/mp4"));
  await reach("ready", () => stateOf(tab) === "ready");
  expect(sent.get("PATCH")).toBeGreaterThan(6);
  expect([...sent.values()].reduce((sum, times) => sum + times)).toBeLessThan(100);
  const whole = [...world.server.uploads.kept.values()].filter(({ state }) => state === "ready");
  expect(whole.map((one) => Buffer.compare(one.bytes, bytes))).toEqual([0]);
  expect(world.server.uploads.received).toBeLessThanOrEqual(bytes.length);
});

test("the stream is lost and comes back while a piece is sent: the piece goes on, and nothing is sent twice", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const { network } = tab.core.ports;
  const fetched = network.fetch.bind(network);
  let go: (() => void) | null = null;
  vi.spyOn(network, "fetch").mockImplementation(async (input, init) => {
    if (init.method === "PATCH" && go === null) {
      device.cutSockets();
      await new Promise<void>((resume) => (go = resume));
      init.signal?.throwIfAborted();
    }
    return await fetched(input, init);
  });
  await attach(tab, chosen("a.bin", content(PIECE + 1)));
  await reach("the stream is lost", () => go !== null && tab.core.connection.snapshot().kind !== "online");
  await reach("the stream is back", () => tab.core.connection.snapshot().kind === "online");
  (go as (() => void) | null)?.();
  await reach("ready", () => stateOf(tab) === "ready");
  expect(calls(/uploads/u).map((call) => call.split(" ")[0])).toEqual(["POST", ...STEPS, "PATCH"]);
});

test("progress is what the server has acknowledged, not what was sent", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const seen: number[] = [];
  tab.core.uploads.list.subscribe(() => seen.push(...[...tab.core.uploads.list.snapshot().values()].map(({ acknowledged }) => acknowledged)));
  device.cut = (method) => (method === "PATCH" ? "before" : null);
  await attach(tab, chosen("a.bin", content(2 * PIECE)));
  await reach("tried", () => calls(/^HEAD/u).length > 2);
  expect(new Set(seen)).toEqual(new Set([0]));
  device.cut = () => null;
  await reach("ready", () => stateOf(tab) === "ready");
  expect([...new Set(seen)]).toEqual([0, FIRST_PART, 9 * FIRST_PART, PIECE, 2 * PIECE]);
});

/** A line that takes so many bytes a second: a request is answered when all of it has arrived. */
function slowLine(tab: Tab, bytesPerSecond: number): void {
  const { network, time } = tab.core.ports;
  const fetched = network.fetch.bind(network);
  vi.spyOn(network, "fetch").mockImplementation(async (input, init) => {
    const body = init.body instanceof Uint8Array ? init.body.length : 0;
    if (body > 0) await new Promise<void>((arrive) => time.setTimeout(arrive, (body / bytesPerSecond) * 1_000));
    init.signal?.throwIfAborted();
    return await fetched(input, init);
  });
}

test("on a slow line there is progress every few seconds", async () => {
  const tab = await world.signedIn(world.device());
  slowLine(tab, 30_000);
  await attach(tab, chosen("a.bin", content(MiB)));
  const begun = world.time.now();
  const moved: number[] = [begun];
  tab.core.uploads.list.subscribe(() => {
    const [one] = attached(tab);
    if (one !== undefined && one.acknowledged / FIRST_PART > moved.length - 1) moved.push(world.time.now());
  });
  await reach("ready", () => stateOf(tab) === "ready");
  expect(moved).toHaveLength(1 + MiB / FIRST_PART);
  expect(Math.max(...moved.slice(1).map((at, i) => at - (moved[i] ?? 0)))).toBeLessThan(5_000);
});

test("a line that is slow at first gets long parts when it is fast", async () => {
  const tab = await world.signedIn(world.device());
  slowLine(tab, 10 * MiB);
  await attach(tab, chosen("a.bin", content(6 * PIECE)));
  await reach("ready", () => stateOf(tab) === "ready");
  expect(calls(/^PATCH/u)).toHaveLength(STEPS.length + 5);
});

test("on another line parts are short at first", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const [first] = await attach(tab, chosen("a.bin", content(2 * PIECE)));
  await reach("ready", () => stateOf(tab) === "ready");
  device.setUp(false);
  device.setUp(true);
  const seen: number[] = [];
  tab.core.uploads.list.subscribe(() => seen.push(...attached(tab).filter(({ id }) => id !== first).map(({ acknowledged }) => acknowledged)));
  await attach(tab, chosen("b.bin", content(2 * PIECE)));
  await reach("both ready", () => states(tab).join() === "ready,ready");
  expect(seen).toContain(FIRST_PART);
});

test("a tab that is killed within a piece has lost nothing of it: another goes on from there", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" ? "before" : null);
  const bytes = content(2 * PIECE + 5);
  await attach(tab, chosen("a.pdf", bytes));
  await until(async () => (await rowsIn(device, "pieces")) === 3, "all of it kept");
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= FIRST_PART ? "before" : null);
  await reach("a part", () => attached(tab)[0]?.acknowledged === FIRST_PART);
  tab.kill();
  device.cut = (_, path) => (path.includes("/uploads") ? "before" : null);
  const second = world.tab(device);
  await second.core.start();
  await online(second.core);
  expect(attached(second)).toMatchObject([{ acknowledged: FIRST_PART }]);
  device.cut = () => null;
  await reach("ready", () => stateOf(second) === "ready");
  expect(Buffer.compare(world.server.uploads.named("a.pdf").bytes, bytes)).toBe(0);
  expect(world.server.uploads.received).toBe(bytes.length);
});

test("the tab is killed at every request of an upload in turn: another goes on without asking, one message comes of it", async () => {
  let deaths = 0;
  for (let at = 1; ; at += 1) {
    world = makeWorld();
    const device = world.device();
    const first = await world.signedIn(device);
    let asked = 0;
    const tab = { dead: false };
    device.cut = (method, path) => {
      if (tab.dead || !(path.includes("/uploads") || (method !== "GET" && path.endsWith("/messages")))) return null;
      asked += 1;
      if (asked < at) return null;
      tab.dead = true;
      first.kill();
      return at % 2 === 0 ? "after" : "before";
    };
    await attach(first, chosen("a.bin", content(PIECE + 7)));
    await send(first, "ข้อความ");
    await until(async () => tab.dead || said().length === 1 || (await world.time.advance(100), false), "dead or done");
    if (!tab.dead) break;
    deaths += 1;
    const second = world.tab(device);
    await second.core.start();
    await online(second.core);
    const lost = second.core.outbox.pending.snapshot().some(({ delivery }) => delivery.kind === "failed");
    // Killed before all of it was kept: the file has to be chosen again, and the words wait for it.
    if (lost) {
      const [item] = second.core.outbox.pending.snapshot();
      expect(item?.files.map(({ state }) => state)).toEqual(["missing"]);
      expect(await second.core.uploads.chooseAgain(item?.files[0]?.id ?? "", chosen("a.bin", content(PIECE + 7)))).toBe(true);
    }
    await reach("the message", () => said().length > 0 && second.core.outbox.pending.snapshot().length === 0);
    expect(said()).toEqual(["ข้อความ + a.bin"]);
    await until(async () => (await keptOn(device)) === 0, "nothing kept");
    second.core.stop();
  }
  expect(deaths).toBeGreaterThan(3);
});

test.each(["before", "after"])("the tab is killed %s every write of an upload in turn: nothing is lost that was safe, nothing is sent twice", async (when) => {
  let deaths = 0;
  for (let at = 1; ; at += 1) {
    world = makeWorld();
    const device = world.device();
    const first = await world.signedIn(device);
    let counted = 0;
    const tab = { dead: false, safe: false };
    vi.spyOn(DiskTables.prototype, "write").mockImplementation(async function (this: DiskTables, asked) {
      const ours = asked.some(({ table }) => ["uploads", "pieces", "outbox"].includes(table));
      if (tab.dead) return await new Promise<never>(() => undefined);
      if (ours) counted += 1;
      if (ours && counted === at) {
        tab.dead = true;
        if (when === "after") await WRITE.call(this, asked);
        first.kill();
        return await new Promise<never>(() => undefined);
      }
      await WRITE.call(this, asked);
    });
    void first.core.attachments(world.room).add([chosen("a.bin", content(PIECE + 7))]).then(async () => {
      await send(first, "ข้อความ");
      tab.safe = true;
    });
    await until(async () => tab.dead || (tab.safe && said().length === 1 && first.core.outbox.pending.snapshot().length === 0) || (await world.time.advance(100), false), "dead or done");
    vi.restoreAllMocks();
    if (!tab.dead) break;
    deaths += 1;
    const second = world.tab(device);
    await second.core.start();
    await online(second.core);
    if (!tab.safe) await until(() => second.core.uploads.list.snapshot().size <= 1, "what was attached");
    for (const { id, state } of second.core.uploads.list.snapshot().values()) {
      if (state === "missing") await second.core.uploads.chooseAgain(id, chosen("a.bin", content(PIECE + 7)));
    }
    if (!tab.safe && attached(second).length > 0) await send(second, "ข้อความ");
    if (tab.safe || second.core.outbox.pending.snapshot().length > 0) {
      await reach(`the message after write ${at}`, () => said().length > 0 && second.core.outbox.pending.snapshot().length === 0);
      expect(said()).toEqual(["ข้อความ + a.bin"]);
    }
    second.core.stop();
  }
  expect(deaths).toBeGreaterThan(5);
});

test("what is attached without a network goes on by itself with one", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.setUp(false);
  await attach(tab, chosen("a.bin", content(MiB)));
  await send(tab, "ออฟไลน์");
  await world.time.advance(120_000);
  expect(calls(/uploads/u)).toEqual([]);
  const [item] = tab.core.outbox.pending.snapshot();
  expect([item?.delivery.kind, item?.files[0]?.state]).toEqual(["waiting", "waiting"]);
  device.setUp(true);
  await reach("sent", () => said().length === 1);
  expect(said()).toEqual(["ออฟไลน์ + a.bin"]);
});

test("two files at a time, the others wait in their order", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  let most = 0;
  const order: string[] = [];
  tab.core.uploads.list.subscribe(() => {
    most = Math.max(most, states(tab).filter((state) => state === "sending").length);
    for (const { name, state } of attached(tab)) if (state === "sending" && !order.includes(name)) order.push(name);
  });
  await attach(tab, ...["1", "2", "3", "4", "5"].map((name) => chosen(name, content(PIECE + 1))));
  await reach("all ready", () => states(tab).every((state) => state === "ready"));
  expect(most).toBe(2);
  expect(order).toEqual(["1", "2", "3", "4", "5"]);
});

test("a paused file stands still, also in the other tab and after a reload, and goes on where it stopped", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  const [id = ""] = await attach(tab, chosen("a.bin", content(3 * PIECE)));
  await reach("one piece", () => attached(tab)[0]?.acknowledged === PIECE);
  const follower = world.tab(device);
  await follower.core.start();
  await until(() => attached(follower).length === 1, "followed");
  await follower.core.uploads.pause(id);
  await until(() => stateOf(tab) === "paused", "paused in the tab that sends");
  device.cut = () => null;
  await world.time.advance(60_000);
  expect([stateOf(tab), stateOf(follower)]).toEqual(["paused", "paused"]);
  expect(world.server.uploads.received).toBe(PIECE);
  tab.kill();
  await follower.core.uploads.resume(id);
  await reach("ready", () => stateOf(follower) === "ready");
  expect(world.server.uploads.received).toBe(3 * PIECE);
});

test("a file that is taken away is deleted at the server, as soon as that can be reached", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const [id = ""] = await attach(tab, chosen("a.bin", content(PIECE)));
  await reach("ready", () => stateOf(tab) === "ready");
  device.setUp(false);
  await tab.core.attachments(world.room).remove(id);
  expect(attached(tab)).toEqual([]);
  expect(tab.core.drafts.draft(world.room).snapshot().files).toBeUndefined();
  tab.kill();
  const second = world.tab(device);
  device.setUp(true);
  await second.core.start();
  await reach("deleted there", () => world.server.uploads.kept.size === 0);
  await until(async () => (await keptOn(device)) === 0, "nothing kept");
});

test("a file that is taken away while it is sent stops at once", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  const [id = ""] = await attach(tab, chosen("a.bin", content(3 * PIECE)));
  await reach("one piece", () => attached(tab)[0]?.acknowledged === PIECE);
  await tab.core.attachments(world.room).remove(id);
  device.cut = () => null;
  await reach("deleted there", () => world.server.uploads.kept.size === 0);
  await world.time.advance(60_000);
  expect(world.server.uploads.received).toBe(PIECE);
});

test.each([
  [507, "quota_person"],
  [413, "upload_too_large"],
  [403, "file_type_blocked"],
  [403, "label_too_high"],
])("refused with %s %s: the reason stands, the words wait, and a second try may succeed", async (status, code) => {
  const tab = await world.signedIn(world.device());
  world.server.uploads.refuses = () => refuse(status, code);
  await attach(tab, chosen("a.bin", content(10)));
  const txn = await send(tab, "ถ้อยคำ");
  await reach("refused", () => tab.core.outbox.pending.snapshot()[0]?.delivery.kind === "failed");
  expect(tab.core.outbox.pending.snapshot()).toMatchObject([{ text: "ถ้อยคำ", delivery: { kind: "failed", code }, files: [{ state: "failed", failure: { code } }] }]);
  await world.time.advance(60_000);
  expect(calls(/^POST \/uploads/u)).toHaveLength(1);
  world.server.uploads.refuses = () => null;
  await tab.core.outbox.retry(txn);
  await reach("sent", () => said().length === 1);
  expect(said()).toEqual(["ถ้อยคำ + a.bin"]);
});

test("refused after the last byte: the reason stands, and a second try begins anew", async () => {
  const tab = await world.signedIn(world.device());
  world.server.uploads.settles = false;
  const [id = ""] = await attach(tab, chosen("a.docx", content(PIECE + 1)));
  await reach("preparing", () => stateOf(tab) === "preparing");
  world.server.uploads.settle("u_1", "refused", "file_type_blocked");
  await until(() => stateOf(tab) === "failed", "refused");
  expect(attached(tab)[0]?.failure?.code).toBe("file_type_blocked");
  world.server.uploads.settles = true;
  await tab.core.uploads.retry(id);
  await reach("ready", () => stateOf(tab) === "ready");
  expect(world.server.uploads.names()).toEqual(["a.docx"]); // the first one is deleted
});

test("an upload of which the event was missed is asked for", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  world.server.uploads.settles = false;
  await attach(tab, chosen("a.bin", content(10)));
  await reach("preparing", () => stateOf(tab) === "preparing");
  Object.assign(world.server.uploads.kept.get("u_1") ?? {}, { state: "ready" });
  await reach("ready", () => stateOf(tab) === "ready");
});

test("an upload that the server knows no more begins anew while its bytes are here, else it has to be chosen again", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  await attach(tab, chosen("a.bin", content(2 * PIECE)));
  await reach("one piece", () => attached(tab)[0]?.acknowledged === PIECE);
  tab.kill();
  world.server.uploads.kept.clear();
  device.cut = () => null;
  const second = world.tab(device);
  await second.core.start();
  await reach("missing", () => stateOf(second) === "missing");
  await second.core.attachments(world.room).add([chosen("a.bin", content(2 * PIECE))]);
  await reach("ready", () => stateOf(second) === "ready");
  expect(attached(second)).toHaveLength(1);
  expect(Buffer.compare(world.server.uploads.named("a.bin").bytes, content(2 * PIECE))).toBe(0);
});

test("a tab that only follows attaches, the leading tab sends, both show the same progress", async () => {
  const device = world.device();
  const leader = await world.signedIn(device);
  const follower = world.tab(device);
  await follower.core.start();
  await online(follower.core);
  await attach(follower, chosen("a.bin", content(2 * PIECE)));
  await until(() => attached(leader).length === 1, "seen by the leader");
  await reach("ready in both", () => stateOf(leader) === "ready" && stateOf(follower) === "ready");
  // The choice between the original and a cleaned copy is free where the file itself is.
  expect(attached(leader)).toEqual(attached(follower).map((one) => ({ ...one, originalFree: false })));
  expect(calls(/^POST \/uploads/u)).toHaveLength(1);
});

test("the browser gives no room: the tab sends from the file itself, and after a reload it has to be chosen again", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  vi.spyOn(DiskTables.prototype, "write").mockImplementation(async function (this: DiskTables, writes) {
    if (writes.some(({ kind }) => kind === "putBytes")) throw new DOMException("full", "QuotaExceededError");
    await WRITE.call(this, writes);
  });
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  const bytes = content(3 * PIECE);
  await attach(tab, chosen("ใหญ่.zip", bytes));
  await send(tab, "ถ้อยคำ");
  await reach("one piece", () => tab.core.outbox.pending.snapshot()[0]?.files[0]?.acknowledged === PIECE);
  expect(await rowsIn(device, "pieces")).toBe(0);
  tab.kill();
  const second = world.tab(device);
  await second.core.start();
  await until(() => second.core.outbox.pending.snapshot()[0]?.files[0]?.state === "missing", "missing");
  device.cut = () => null;
  const [item] = second.core.outbox.pending.snapshot();
  expect(item?.delivery).toMatchObject({ kind: "failed", code: "file_missing" });
  const id = item?.files[0]?.id ?? "";
  expect(await second.core.uploads.chooseAgain(id, chosen("อื่น.zip", bytes))).toBe(false);
  expect(await second.core.uploads.chooseAgain(id, chosen("ใหญ่.zip", bytes.slice(1)))).toBe(false);
  expect(await second.core.uploads.chooseAgain(id, chosen("ใหญ่.zip", bytes))).toBe(true);
  await reach("sent", () => said().length === 1);
  expect(world.server.uploads.received).toBe(3 * PIECE); // what was there is not sent again
  expect(calls(/^POST \/uploads/u)).toHaveLength(1);
});

test("another file of the same name and size begins anew", async () => {
  const device = world.device();
  const tab = await world.signedIn(device, "somchai", { remember: false });
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  const file = { ...chosen("a.bin", content(2 * PIECE)) };
  await attach(tab, file);
  await reach("one piece", () => attached(tab)[0]?.acknowledged === PIECE);
  file.slice = () => Promise.reject(new Error("gone"));
  await reach("missing", () => stateOf(tab) === "missing");
  device.cut = () => null;
  await tab.core.attachments(world.room).add([chosen("a.bin", content(2 * PIECE, 2))]);
  await reach("ready", () => stateOf(tab) === "ready");
  expect(world.server.uploads.names()).toEqual(["a.bin"]);
  expect(Buffer.compare(world.server.uploads.named("a.bin").bytes, content(2 * PIECE, 2))).toBe(0);
});

test("a device that keeps nothing keeps no file either", async () => {
  const device = world.device();
  const tab = await world.signedIn(device, "somchai", { remember: false });
  await attach(tab, chosen("a.bin", content(PIECE + 1)));
  await send(tab);
  await reach("sent", () => said().length === 1);
  expect(said()).toEqual(["a.bin"]);
  expect(await diskBytes(device)).toBe("");
});

test("the other choice for a picture sends it anew, and the first upload is deleted", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  const [id = ""] = await attach(tab, chosen("a.jpg", content(2 * PIECE), "image/jpeg"));
  await reach("one piece", () => attached(tab)[0]?.acknowledged === PIECE);
  expect(attached(tab)[0]?.originalFree).toBe(true);
  await tab.core.attachments(world.room).setOriginal(id, true);
  device.cut = () => null;
  await reach("ready", () => stateOf(tab) === "ready");
  await reach("the first deleted", () => world.server.uploads.kept.size === 1);
  expect(world.server.uploads.named("a.jpg").said["original"]).toBe("true");
  // A small picture is ready before anybody has read the choice: it may be made then as well.
  expect(attached(tab)[0]).toMatchObject({ original: true, originalFree: true });
  await tab.core.attachments(world.room).setOriginal(id, false);
  await reach("ready anew", () => stateOf(tab) === "ready" && world.server.uploads.kept.size === 1);
  expect(world.server.uploads.named("a.jpg").said["original"]).toBeUndefined();
});

test.each([
  ["a picture", chosen("ก.jpg", content(2 * PIECE + 3), "image/jpeg"), true],
  ["sound", chosen("ก.mp3", content(PIECE + 3), "audio/mpeg"), true],
  ["a document", chosen("ก.tif", content(PIECE + 3), "image/tiff"), false],
])("after a reload %s that could not be cleaned may go as it is, as long as its bytes are here", async (_, file, isFree) => {
  const device = world.device();
  const first = await world.signedIn(device);
  const [id = ""] = await attach(first, file);
  world.server.uploads.settles = false;
  await reach("all its bytes", () => stateOf(first) === "preparing");
  await until(async () => !isFree || (await rowsIn(device, "pieces")) === Math.ceil(file.size / PIECE), "kept");
  first.kill();
  world.server.uploads.settle("u_1", "refused", "file_not_cleaned");
  world.server.uploads.settles = true;
  const tab = world.tab(device);
  await tab.core.start();
  await reach("refused", () => stateOf(tab) === "failed");
  expect(attached(tab)[0]?.originalFree).toBe(isFree);
  await tab.core.attachments(world.room).setOriginal(id, true);
  if (!isFree) return expect(stateOf(tab)).toBe("failed");
  await reach("ready", () => stateOf(tab) === "ready");
  expect(world.server.uploads.named(file.name).said["original"]).toBe("true");
  expect(Buffer.compare(world.server.uploads.named(file.name).bytes, Buffer.from(await file.slice(0, file.size)))).toBe(0);
  await send(tab, "ตามเดิม");
  await reach("the message", () => said().length === 1);
  await until(async () => (await keptOn(device)) === 0, "nothing kept");
});

test("what stands still says why, in every tab, and only as long as it does", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const follower = world.tab(device);
  await follower.core.start();
  const cuts = () => [tab, follower].map((one) => attached(one)[0]?.cut);
  device.cut = (method) => (method === "PATCH" ? "before" : null);
  await attach(tab, chosen("a.bin", content(2 * PIECE)));
  await reach("cut", () => cuts().every((cut) => cut === "line"));
  await reach("tried again", () => calls(/^HEAD/u).length > 2);
  expect(cuts()).toEqual(["line", "line"]);
  device.cut = () => null;
  await reach("ready", () => states(follower).join() === "ready" && stateOf(tab) === "ready");
  expect(cuts()).toEqual([null, null]);
  device.setUp(false);
  await attach(tab, chosen("b.bin", content(5)));
  await reach("no network", () => attached(follower)[1]?.cut === "line");
  device.setUp(true);
  await reach("all ready", () => states(tab).every((state) => state === "ready"));
  expect(attached(tab).map(({ cut }) => cut)).toEqual([null, null]);
});

test("a server that takes nothing now is told apart from a line that is cut", async () => {
  const tab = await world.signedIn(world.device());
  world.server.uploads.refuses = () => refuse(503, "busy");
  await attach(tab, chosen("a.bin", content(5)));
  await reach("stands still", () => attached(tab)[0]?.cut === "server");
  world.server.uploads.refuses = () => null;
  await reach("ready", () => stateOf(tab) === "ready");
});

test("a session that ends stops uploads and wipes what was kept", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" && world.server.uploads.received >= PIECE ? "before" : null);
  await attach(tab, chosen("a.bin", content(3 * PIECE)));
  await reach("one piece", () => attached(tab)[0]?.acknowledged === PIECE);
  device.cut = () => null;
  world.server.revoke(SOMCHAI);
  await wiped(device);
  await world.time.advance(120_000);
  expect(world.server.uploads.received).toBe(PIECE);
  expect(attached(tab)).toEqual([]);
});

test("the server lets nothing more in: sending stops, and the session is over", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  world.server.canned.set("PATCH /uploads", () => refuse(401, "session_ended_revoked"));
  await attach(tab, chosen("a.bin", content(PIECE)));
  await reach("signed out", () => tab.core.session.snapshot().kind === "signed_out");
  await wiped(device);
  expect(calls(/^PATCH/u)).toHaveLength(1);
});

const NOWHERE = [undefined, "", "/api/v1/rooms/r_1", "https://evil.test/api/v1/uploads/../../me", "/uploads/a b", `/uploads/${"x".repeat(65)}`];
test.each(NOWHERE)("a Location that names no upload is no upload: %s", async (location) => {
  const tab = await world.signedIn(world.device());
  world.server.canned.set("POST /uploads", () => ({ status: 201, ...(location === undefined ? {} : { headers: { Location: location } }) }));
  await attach(tab, chosen("a.bin", content(10)));
  await reach("tried again", () => calls(/^POST \/uploads/u).length > 2);
  expect(stateOf(tab)).not.toBe("failed");
  expect(calls(/^PATCH/u)).toEqual([]);
  world.server.canned.delete("POST /uploads");
  await reach("ready", () => stateOf(tab) === "ready");
});

test.each(["-1", "1e3", "NaN", "9007199254740993", "11", ""])("an offset that cannot be is not believed: %s", async (offset) => {
  const tab = await world.signedIn(world.device());
  world.server.canned.set("PATCH /uploads", () => ({ status: 204, headers: { "Upload-Offset": offset } }));
  await attach(tab, chosen("a.bin", content(10)));
  await reach("tried again", () => calls(/^PATCH/u).length > 2);
  expect(attached(tab)[0]?.acknowledged).toBe(0);
  expect(calls(/^PATCH/u).length).toBeLessThan(10);
  world.server.canned.delete("PATCH /uploads");
  await reach("ready", () => stateOf(tab) === "ready");
});

test("a server that takes a piece and has nothing of it is not sent it without end", async () => {
  const tab = await world.signedIn(world.device());
  world.server.canned.set("PATCH /uploads", () => ({ status: 204, headers: { "Upload-Offset": "0" } }));
  await attach(tab, chosen("a.bin", content(10)));
  await world.time.advance(60_000);
  expect(calls(/^PATCH/u).length).toBeLessThan(20);
});

test("a wrong offset is put right by asking", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  let once = true;
  world.server.canned.set("PATCH /uploads", () => {
    if (!once) return null as never;
    once = false;
    return refuse(409, "wrong_offset");
  });
  await attach(tab, chosen("a.bin", content(PIECE + 1)));
  await reach("ready or failed", () => stateOf(tab) === "ready");
  expect(calls(/uploads/u).map((call) => call.split(" ")[0]).slice(0, 4)).toEqual(["POST", "PATCH", "HEAD", "PATCH"]);
});

// --- messages --------------------------------------------------------------------------------------------------------

test("a long upload holds nobody up: the message takes its place when it goes", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" ? "before" : null);
  await attach(tab, chosen("ยาว.mp4", content(PIECE)));
  await send(tab, "วิดีโอ");
  await send(tab, "ข้อความหลัง");
  await reach("the text", () => said().length === 1 && tab.core.outbox.pending.snapshot().length === 1);
  expect(said()).toEqual(["ข้อความหลัง"]);
  expect(tab.core.outbox.pending.snapshot()).toMatchObject([{ text: "วิดีโอ", delivery: { kind: "waiting" } }]);
  device.cut = () => null;
  await reach("both", () => said().length === 2);
  expect(said()).toEqual(["ข้อความหลัง", "วิดีโอ + ยาว.mp4"]);
});

test("the server takes no message with a file yet: it waits, the next goes on, it goes when the file is ready", async () => {
  const tab = await world.signedIn(world.device());
  await attach(tab, chosen("a.bin", content(10)));
  await reach("ready", () => stateOf(tab) === "ready");
  Object.assign(world.server.uploads.kept.get("u_1") ?? {}, { state: "preparing" });
  await send(tab, "แนบ");
  await send(tab, "ถัดไป");
  await reach("the next", () => said().length === 1);
  expect(said()).toEqual(["ถัดไป"]);
  await world.time.advance(10_000);
  expect(tab.core.outbox.pending.snapshot()).toMatchObject([{ delivery: { kind: "waiting" }, files: [{ state: "preparing" }] }]);
  expect(calls(/messages$/u).filter((call) => !call.startsWith("GET")).length).toBeLessThan(4);
  world.server.uploads.settle("u_1", "ready");
  await reach("both", () => said().length === 2);
  expect(said()).toEqual(["ถัดไป", "แนบ + a.bin"]);
});

test("a file that is not ours: the words wait with the reason, and a second try finds out what there is", async () => {
  const tab = await world.signedIn(world.device());
  await attach(tab, chosen("a.bin", content(10)));
  await reach("ready", () => stateOf(tab) === "ready");
  world.server.uploads.kept.clear(); // it has expired
  const txn = await send(tab, "ถ้อยคำ");
  await reach("refused", () => tab.core.outbox.pending.snapshot()[0]?.delivery.kind === "failed");
  expect(tab.core.outbox.pending.snapshot()).toMatchObject([{ text: "ถ้อยคำ", delivery: { code: "file_not_yours" } }]);
  await tab.core.outbox.retry(txn);
  // The file is still chosen in this tab: it is sent anew.
  await reach("sent", () => said().length === 1);
  expect(said()).toEqual(["ถ้อยคำ + a.bin"]);
});

test("a message that waits is taken back with its files, or deleted with them", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  world.server.uploads.settles = false;
  const [id = ""] = await attach(tab, chosen("a.bin", content(10)));
  const txn = await send(tab, "ผิด");
  await until(() => tab.core.outbox.pending.snapshot()[0]?.files.length === 1, "waiting");
  expect(attached(tab)).toEqual([]);
  expect(await tab.core.takeBack(world.room, txn)).toBe(true);
  expect(attached(tab).map((one) => one.id)).toEqual([id]);
  expect(tab.core.outbox.pending.snapshot()).toEqual([]);
  const again = await send(tab, "ยังผิด");
  await reach("preparing", () => tab.core.outbox.pending.snapshot()[0]?.files[0]?.state === "preparing");
  await tab.core.outbox.remove(again);
  await reach("deleted there", () => world.server.uploads.kept.size === 0);
  await until(async () => (await keptOn(device)) === 0, "nothing kept");
  expect(said()).toEqual([]);
});

test("a draft has its files in every tab and after a reload", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const other = world.tab(device);
  await other.core.start();
  await online(other.core);
  other.core.drafts.set(world.room, { ...DRAFT, text: "กำลังพิมพ์" });
  await until(() => tab.core.drafts.draft(world.room).snapshot().text !== "", "heard");
  await attach(tab, chosen("a.bin", content(10)), chosen("b.bin", content(20)));
  await until(() => attached(other).length === 2, "both in the other tab");
  const [first] = attached(other);
  await other.core.attachments(world.room).remove(first?.id ?? "");
  await until(() => attached(tab).map(({ name }) => name).join() === "b.bin", "one left");
  tab.kill();
  other.kill();
  const third = world.tab(device);
  await third.core.start();
  await until(() => attached(third).map(({ name }) => name).join() === "b.bin", "after a reload");
  expect(third.core.drafts.draft(world.room).snapshot().text).toBe("กำลังพิมพ์");
});

test("a file that waited in a draft until the server has let go of it has to be chosen again", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  await attach(tab, chosen("a.bin", content(10)));
  await reach("ready", () => stateOf(tab) === "ready");
  tab.kill();
  world.server.uploads.kept.clear();
  const second = world.tab(device);
  await second.core.start();
  await until(() => stateOf(second) === "missing", "missing");
  await second.core.attachments(world.room).add([chosen("a.bin", content(10))]);
  await reach("ready again", () => stateOf(second) === "ready");
});

test("a room that is ours no more takes the files of its draft and of what waits with it", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method) => (method === "PATCH" ? "before" : null);
  await attach(tab, chosen("a.bin", content(10)));
  await send(tab, "ถ้อยคำ");
  await attach(tab, chosen("b.bin", content(10)));
  world.server.remove(MALEE, world.room, [SOMCHAI]);
  await reach("given back", () => tab.core.drafts.draft(world.room).snapshot().text === "ถ้อยคำ");
  await reach("nothing kept", () => tab.core.uploads.list.snapshot().size === 0);
});

test("a file in a private chat that has not begun waits for its message, which begins it", async () => {
  const tab = await world.signedIn(world.device());
  const chat = `~${MALEE}`;
  await tab.core.attachments(chat).add([chosen("a.bin", content(10))]);
  await world.time.advance(30_000);
  expect(calls(/uploads/u)).toEqual([]);
  expect(attached(tab, chat)).toMatchObject([{ state: "waiting" }]);
  await send(tab, "", chat);
  await reach("begun", () => world.server.rooms.size === 2);
  const room = [...world.server.rooms.keys()].at(-1) ?? "";
  await reach("sent", () => said(room).length === 1);
  expect(said(room)).toEqual(["a.bin"]);
  await until(() => tab.core.outbox.pending.snapshot().length === 0, "an empty outbox");
});

test("what can be looked at before it is sent, as long as it is all here", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (_, path) => (path.includes("/uploads") ? "before" : null);
  const bytes = content(PIECE + 5);
  const [id = ""] = await attach(tab, chosen("a.jpg", bytes, "image/jpeg"));
  await until(async () => (await rowsIn(device, "pieces")) === 2, "kept");
  tab.kill();
  const second = world.tab(device);
  await second.core.start();
  await until(() => attached(second).length === 1, "there");
  const blob = await second.core.uploads.bytes(id);
  expect(blob?.type).toBe("image/jpeg");
  expect(Buffer.compare(Buffer.from(await (blob ?? new Blob()).arrayBuffer()), bytes)).toBe(0);
  expect(await second.core.uploads.bytes("none")).toBeNull();
});

test("more than twenty files are not attached, and are named", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  const files = Array.from({ length: 22 }, (_, i) => chosen(`${i}`, content(1)));
  const refused = await tab.core.attachments(world.room).add(files);
  expect(refused).toEqual([{ name: "20", code: "too_many_files" }, { name: "21", code: "too_many_files" }]);
  expect(attached(tab)).toHaveLength(20);
  await settled();
});
