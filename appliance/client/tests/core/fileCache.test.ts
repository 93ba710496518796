/** Small pictures on the device: sealed, bounded, and gone with what they show. */
import { beforeEach, expect, test, vi } from "vitest";

import { MemoryTables } from "#core/db/tables";
import { loadThumbFacts } from "#core/db/thumbs";
import { FileCache, KEEP_MS, MAX_BYTES, MAX_THUMB, type WantedThumb } from "#core/fileCache";
import { Gate } from "#core/gate";

import { diskBytes, makeWorld, SOMCHAI, until, MALEE, type World, wiped } from "./world";

const never = new AbortController().signal;
const thumb = (n: number, room = "r_1", id = `t_${n}`): WantedThumb => ({ room, n, file: `f_${n}`, id });

function cache(size = 1_000) {
  let now = 1_000_000;
  const fileBytes = vi.fn((id: string) => Promise.resolve(new Uint8Array(size).fill(Number(id.slice(2)) % 256)));
  const tables = new MemoryTables();
  const made = new FileCache(() => now, { fileBytes });
  made.open(tables);
  const kept = async () => (await loadThumbFacts(tables)).map(({ id }) => id).sort();
  return { made, fileBytes, tables, kept, pass: (ms: number) => (now += ms) };
}

test("one is fetched once, and is still there without the network", async () => {
  const { made, fileBytes } = cache();
  const first = await made.thumb(thumb(1), never);
  fileBytes.mockRejectedValue(new Error("no network"));
  expect(await made.thumb(thumb(1), never)).toEqual(first);
  expect(fileBytes).toHaveBeenCalledOnce();
});

test("after seven days it is asked for again, and what nobody looks at goes", async () => {
  const { made, fileBytes, pass, kept } = cache();
  await made.thumb(thumb(1), never);
  await made.thumb(thumb(2), never);
  pass(KEEP_MS + 1);
  await made.thumb(thumb(1), never);
  expect(fileBytes).toHaveBeenCalledTimes(3);
  await made.sweep();
  expect(await kept()).toEqual(["t_1"]);
});

test("the oldest go when they are too much", async () => {
  const { made, pass, kept } = cache(MAX_THUMB);
  const most = MAX_BYTES / MAX_THUMB;
  for (let n = 0; n < most + 3; n += 1) {
    await made.thumb(thumb(n), never);
    pass(1);
  }
  await made.sweep();
  const left = await kept();
  expect(left).toHaveLength(most);
  expect(left).not.toContain("t_2");
  expect(left).toContain("t_3");
});

test.each([
  ["a retraction", { type: "message.redact", at: 1, room: "r_1", n: 9, target: 2, sender: "p" }, ["t_1", "t_3"]],
  ["an erasure", { type: "shred", at: 1, room: "r_1", n: 9, state: { from: 0, to: 2 } }, ["t_3"]],
  ["a virus", { type: "file", at: 1, room: "r_1", state: { n: 3, id: "f_3", facts: { state: "infected" } } }, ["t_1", "t_2"]],
  ["a removal", { type: "file", at: 1, room: "r_1", state: { n: 3, id: "f_3", facts: { state: "removed" } } }, ["t_1", "t_2"]],
  ["a clean scan", { type: "file", at: 1, room: "r_1", state: { n: 3, id: "f_3", facts: { state: "clean" } } }, ["t_1", "t_2", "t_3"]],
  ["a retraction elsewhere", { type: "message.redact", at: 1, room: "r_2", n: 9, target: 2, sender: "p" }, ["t_1", "t_2", "t_3"]],
])("%s takes what it concerns", async (_, event, left) => {
  const { made, kept } = cache();
  for (const n of [1, 2, 3]) await made.thumb(thumb(n), never);
  made.onApplied({ events: [event], gone: [], reset: false });
  await until(async () => JSON.stringify(await kept()) === JSON.stringify(left), `${left.join()} are left`);
});

test("what is on its way when its message is retracted is shown to who asked, and not kept", async () => {
  const { made, fileBytes, kept } = cache();
  let answer: (bytes: Uint8Array<ArrayBuffer>) => void = () => undefined;
  fileBytes.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  const asked = made.thumb(thumb(2), never);
  await until(() => fileBytes.mock.calls.length === 1, "the question");
  made.onApplied({ events: [{ type: "message.redact", at: 1, room: "r_1", n: 9, target: 2, sender: "p" }], gone: [], reset: false });
  answer(new Uint8Array([1]));
  expect(await asked).toEqual(new Uint8Array([1]));
  expect(await kept()).toEqual([]);
});

test("a broken entry of the cache is asked for again; a session that is over has nothing", async () => {
  const { made, tables, fileBytes } = cache();
  await made.thumb(thumb(1), never);
  vi.spyOn(tables, "getBytes").mockRejectedValueOnce(new Error("sealed by another key"));
  await made.thumb(thumb(1), never);
  expect(fileBytes).toHaveBeenCalledTimes(2);
  made.close();
  await expect(made.thumb(thumb(1), never)).rejects.toMatchObject({ kind: "offline" });
});

test("a gate lets so many in, in turn, and forgets who has left", async () => {
  const gate = new Gate(2);
  const ends: (() => void)[] = [];
  const began: number[] = [];
  const work = (n: number) => async () => {
    began.push(n);
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  const leaves = new AbortController();
  const all = [gate.take(never, work(1)), gate.take(never, work(2)), gate.take(leaves.signal, work(3)), gate.take(never, work(4))];
  leaves.abort();
  await expect(all[2]).rejects.toMatchObject({ kind: "offline" });
  await expect(gate.take(leaves.signal, work(5))).rejects.toMatchObject({ kind: "offline" });
  ends[0]?.();
  await until(() => began.length === 3, "the fourth");
  expect(began).toEqual([1, 2, 4]);
  ends.slice(1).forEach((end) => end());
  await Promise.all([all[0], all[1], all[3]]);
  await gate.take(never, () => Promise.resolve());
});

let world: World;
beforeEach(() => {
  world = makeWorld();
});

/** The office, with a picture that somebody has looked at. */
async function looked() {
  world.server.canned.set("GET /files/t_1", () => ({ status: 200, body: "ภาพถ่ายเอกสารลับ" }));
  const device = world.device();
  const { core } = await world.signedIn(device);
  const wanted = { room: world.room, n: 1, file: "f_1", id: "t_1" };
  const bytes = await core.fileCache.thumb(wanted, never);
  const fetched = () => world.server.calls.filter((call) => call.includes("/files/")).length;
  return { device, core, wanted, bytes, fetched };
}

test("nothing of it can be read from the disk, and it goes with the session", async () => {
  const { device, core, bytes } = await looked();
  expect(new TextDecoder().decode(bytes)).toContain("ภาพถ่ายเอกสารลับ");
  expect(await diskBytes(device)).not.toContain("ภาพถ่ายเอกสารลับ");
  await core.session.logout();
  await wiped(device);
});

test("it goes with the room", async () => {
  const { core, wanted, fetched } = await looked();
  expect(fetched()).toBe(1);
  world.server.remove(MALEE, world.room, [SOMCHAI]);
  await until(() => core.rooms.room(world.room).snapshot() === null, "the room is left");
  await core.fileCache.thumb(wanted, never);
  expect(fetched()).toBe(2);
});

test("a picture that is larger than small is not taken, and a refusal keeps its reason", async () => {
  const { core } = await looked();
  world.server.canned.set("GET /files/t_2", () => ({ status: 200, body: "x".repeat(MAX_THUMB) }));
  world.server.canned.set("GET /files/t_3", () => ({ status: 404, body: { error: { code: "not_found", message: "-" } } }));
  await expect(core.fileCache.thumb(thumb(2), never)).rejects.toMatchObject({ kind: "broken" });
  await expect(core.fileCache.thumb(thumb(3), never)).rejects.toMatchObject({ code: "not_found" });
});
