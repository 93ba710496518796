/** Files of messages: what becomes known of them later, and what stays of them when words go. */
import { beforeEach, expect, test, vi } from "vitest";

import { formOf, isMedia, mayNameAuthor, mediaType } from "#core/fileForms";
import { fileChange, fileWith, hasNoView } from "#core/fileFacts";
import type { FileFacts, FileView } from "#core/index";

import { makeWorld, MALEE, SOMCHAI, until, type Tab, type World } from "./world";

const PENDING: FileFacts = { state: "pending", preparing: true, variants: [] };
const CLEAN: FileFacts = { state: "clean", width: 640, height: 480, variants: [{ kind: "thumb", id: "v_1", type: "image/webp", size: 9 }] };
const picture = (id: string): FileView => ({ id, name: `${id}.jpg`, type: "image/jpeg", size: 10, form: "picture", ...PENDING });

let world: World;
beforeEach(() => {
  world = makeWorld();
});

/** The appliance has found out more of a file, and says so from then on to whoever asks. */
function learn(n: number, id: string, facts: FileFacts): void {
  const body = world.server.room(world.room).entries[n]?.body;
  const files = (body?.files ?? []).map((file) => (file.id === id ? fileWith(file, facts) : file));
  world.server.amend(world.room, n, { body: { ...body, files } });
  world.server.tellRoom(world.room, "file", { n, id, facts });
}

const filesOf = ({ core }: Tab, n: number): readonly FileView[] =>
  core.timeline(world.room).snapshot().items.flatMap((item) => (item.kind === "message" && item.n === n ? item.files : []));
/** What is known of each file of a message. */
const factsOf = (tab: Tab, n: number): FileFacts[] =>
  filesOf(tab, n).map(({ id: _i, name: _n, type: _t, size: _s, form: _f, original: _o, label: _l, ...facts }) => facts);

test("what becomes known of a file shows in the timeline, in the list and after a reload without a network", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  tab.core.timeline(world.room).open();
  const { n } = world.server.send(MALEE, world.room, "", { files: [picture("f_1"), picture("f_2")] });
  await until(() => factsOf(tab, n ?? 0).length === 2, "shown");
  learn(n ?? 0, "f_2", CLEAN);
  await until(() => filesOf(tab, n ?? 0)[1]?.state === "clean", "told");
  expect(factsOf(tab, n ?? 0)).toEqual([PENDING, CLEAN]);
  const [row] = tab.core.rooms.list.snapshot().rooms;
  expect(row?.last).toMatchObject({ kind: "message", text: "", files: [PENDING, CLEAN] });
  tab.kill();
  device.setUp(false);
  const second = world.tab(device);
  await second.core.start();
  second.core.timeline(world.room).open();
  await until(() => factsOf(second, n ?? 0).length === 2, "kept");
  expect(factsOf(second, n ?? 0)).toEqual([PENDING, CLEAN]);
});

test("told while a page is on its way, it stands in the page, whichever the page says", async () => {
  const device = world.device();
  const { n } = world.server.send(MALEE, world.room, "", { files: [picture("f_1")] });
  world.server.send(MALEE, world.room, "ถัดไป");
  const at = n ?? 0;
  const tab = await world.signedIn(device);
  const { network } = tab.core.ports;
  const fetched = network.fetch.bind(network);
  let held: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    vi.spyOn(tab.core.ports.network, "fetch").mockImplementation(async (input, init) => {
      const answer = await fetched(input, init);
      if (!input.includes("/messages")) return answer;
      resolve();
      await new Promise<void>((go) => (held = go));
      return answer;
    });
  });
  tab.core.timeline(world.room).open();
  await asked;
  world.server.tellRoom(world.room, "file", { n: at, id: "f_1", facts: CLEAN });
  await world.time.advance(10);
  held();
  await until(() => factsOf(tab, at).length === 1, "the page");
  expect(factsOf(tab, at)).toEqual([CLEAN]);
});

test("a follower hears it too", async () => {
  const device = world.device();
  const leader = await world.signedIn(device);
  const follower = world.tab(device);
  await follower.core.start();
  follower.core.timeline(world.room).open();
  const { n } = world.server.send(MALEE, world.room, "ดู", { files: [picture("f_1")] });
  await until(() => factsOf(follower, n ?? 0).length === 1, "shown");
  learn(n ?? 0, "f_1", CLEAN);
  await until(() => filesOf(follower, n ?? 0)[0]?.state === "clean", "told");
  leader.core.stop();
});

test("a retracted message has no files any more, whatever becomes known of them", async () => {
  const tab = await world.signedIn(world.device());
  tab.core.timeline(world.room).open();
  const { n } = world.server.send(SOMCHAI, world.room, "ผิดห้อง", { files: [picture("f_1")] });
  await until(() => factsOf(tab, n ?? 0).length === 1, "shown");
  world.server.redact(SOMCHAI, world.room, n ?? 0);
  await until(() => factsOf(tab, n ?? 0).length === 0, "gone");
  world.server.tellRoom(world.room, "file", { n, id: "f_1", facts: CLEAN });
  await world.time.advance(100);
  expect(factsOf(tab, n ?? 0)).toEqual([]);
});

test.each([null, {}, { n: 1 }, { n: 1, id: "f" }, { n: 1, id: "f", facts: null }, { n: "1", id: "f", facts: CLEAN }, { n: 1, id: 2, facts: CLEAN }, { n: 1, id: "f", facts: { state: 3 } }, { n: 1, id: "f", facts: { state: "clean" } }])(
  "an event that does not say it in full says nothing: %j",
  (state) => {
    expect(fileChange({ type: "file", state })).toBeNull();
  },
);

test("a notification of a message without words has its files", async () => {
  const tab = await world.signedIn(world.device());
  const told: unknown[] = [];
  tab.core.onIncoming((incoming) => told.push(incoming));
  world.server.send(MALEE, world.room, "", { files: [picture("f_1")] });
  await until(() => told.length === 1, "told");
  expect(told).toMatchObject([{ kind: "message", message: { text: "", files: [{ name: "f_1.jpg", form: "picture" }] } }]);
});

test.each([
  ["image/JPEG; a=b", "image/jpeg", "picture"],
  ["image/svg+xml", "image/svg+xml", "document"],
  ["video/mp4", "video/mp4", "video"],
  ["audio/webm;codecs=opus", "audio/webm", "sound"],
  ["", "application/octet-stream", "document"],
  ["nonsense", "application/octet-stream", "document"],
])("the type %j", (said, type, form) => {
  expect(mediaType(said)).toBe(type);
  expect(formOf(type)).toBe(form);
});

test.each([
  ["ประกาศ.pdf", true],
  ["หนังสือ.DOCX", true],
  ["ตาราง.xlsx ", true],
  ["ภาพ.jpg", false],
  ["pdf", false],
  ["", false],
])("%j may name who wrote it: %s", (name, may) => {
  expect(mayNameAuthor(name)).toBe(may);
});

test("what is cleaned, and what has too many pixels for a preview", () => {
  expect(["image/jpeg", "video/mp4", "audio/aac", "application/pdf", "text/image/x", ""].map(isMedia)).toEqual([true, true, true, false, false, false]);
  expect([hasNoView(10_000, 5_000), hasNoView(10_000, 5_001), hasNoView(null, 9), hasNoView(undefined, undefined)]).toEqual([false, true, false, false]);
});
