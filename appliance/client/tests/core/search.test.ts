import { beforeEach, expect, test } from "vitest";

import { keptHit, termsOf } from "#core/keptHits";
import type { Event } from "#core/protocol";
import { MAX_RECENT } from "#core/search";

import { diskBytes, makeWorld, MALEE, until, type World } from "./world";

let world: World;
beforeEach(() => {
  world = makeWorld();
});

test("what was searched for stays here: newest first, once each, bounded, sealed, and gone when asked to", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  const words = Array.from({ length: MAX_RECENT + 2 }, (_, i) => `ปลาบู่ทอง ${i}`);
  for (const one of [...words, " ", "ปลาบู่ทอง 5 "]) await core.search.remember(one);
  const expected = ["ปลาบู่ทอง 5", ...words.filter((one) => one !== "ปลาบู่ทอง 5").reverse()].slice(0, MAX_RECENT);
  expect(core.search.recent.snapshot()).toEqual(expected);
  expect(await diskBytes(device)).not.toContain("ปลาบู่ทอง");
  expect(world.server.calls.join("\n")).not.toContain(encodeURIComponent("ปลาบู่ทอง"));
  kill();
  const again = world.tab(device).core;
  await again.start();
  expect(again.search.recent.snapshot()).toEqual(expected);
  await again.search.forget("ปลาบู่ทอง 5");
  expect(again.search.recent.snapshot()).toEqual(expected.slice(1));
  await again.search.forgetAll();
  expect(again.search.recent.snapshot()).toEqual([]);
  await again.search.remember("ของสมชาย");
  await again.session.logout();
  await again.session.login("prasit", "correct");
  expect(again.search.recent.snapshot()).toEqual([]);
});

test("a question nobody waits for ends at once", async () => {
  const { core } = await world.signedIn(world.device());
  const abort = new AbortController();
  const asked = core.search.find({ q: "ประชุม" }, abort.signal);
  abort.abort();
  await expect(asked).rejects.toMatchObject({ kind: "offline" });
});

test("without network, what this device keeps is found, and what was cleared from the screen is not", async () => {
  const cleared = world.server.createRoom(MALEE, "ห้องที่ล้างแล้ว", ["p_somchai"]);
  const { n } = world.server.send(MALEE, cleared, "ประชุมลับ");
  world.server.says("p_somchai", cleared, { cleared: n ?? 0, cleared_at: world.time.now(), hidden: true, last: null });
  const device = world.device();
  const { core } = await world.signedIn(device);
  for (const text of ["ประชุม ชั้น ๔", "ประชุมชั้น 5 http://e.test", "ไม่เกี่ยว"]) world.server.send(MALEE, world.room, text);
  const timeline = core.timeline(world.room);
  timeline.open();
  await until(() => timeline.snapshot().items.length > 3, "loaded");
  const texts = async (q: string, more = {}) => (await core.search.findKept({ q, ...more })).map((hit) => hit.snippet);
  await until(async () => (await texts("ประชุม")).length === 2, "kept");
  device.setUp(false);
  expect(await texts("ประชุม")).toEqual(["ประชุมชั้น 5 http://e.test", "ประชุม ชั้น ๔"]);
  expect(await texts('"ชั้น" 4')).toEqual(["ประชุม ชั้น ๔"]);
  expect(await texts("ประชุม", { has_link: true })).toEqual(["ประชุมชั้น 5 http://e.test"]);
  expect(await texts("ประชุม", { sender: "p_somchai" })).toEqual([]);
  expect(await texts("ประชุม", { room: "r_other" })).toEqual([]);
  expect(await texts("ประชุม", { to: world.time.now() - 1_000 })).toEqual([]);
  expect(await texts("  ")).toEqual([]);
});

test("a jump made while the room is still opening is where one lands", async () => {
  const sent = Array.from({ length: 300 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`));
  const { core } = await world.signedIn(world.device());
  const timeline = core.timeline(world.room);
  const target = sent[20]?.n ?? 0;
  timeline.open();
  await timeline.jumpTo(target);
  await until(() => timeline.snapshot().loading === "none", "landed");
  const shown = timeline.snapshot().items.map((item) => item.n);
  expect(shown).toContain(target);
  expect(shown).not.toContain(sent.at(-1)?.n);
  expect(timeline.snapshot().loading).toBe("none");
});

test("a jump that fails leaves what the room has", async () => {
  const sent = Array.from({ length: 300 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`));
  const device = world.device();
  const { core } = await world.signedIn(device);
  device.cut = (_method, path) => (path.includes("around=") ? "before" : null);
  const timeline = core.timeline(world.room);
  timeline.open();
  await timeline.jumpTo(sent[20]?.n ?? 0);
  expect(timeline.snapshot().items.at(-1)?.n).toBe(sent.at(-1)?.n);
  expect(timeline.snapshot().loading).toBe("none");
});

const event = (text: string): Event => ({ type: "message.text", at: 5, n: 3, sender: "p_1", body: { text } });
const marked = (text: string, typed: string) => {
  const hit = keptHit("r_1", event(text), termsOf(typed), { q: typed });
  return hit?.highlights.map(([from, to]) => hit.snippet.slice(from, to)) ?? null;
};

test.each([
  ["ขอเชิญประชุม", "ประชุม", ["ประชุม"]],
  ["Zoom ครับ", "zoom", ["Zoom"]],
  [`${"คำนำ ".repeat(40)}ประชุม 😀 ${"ท้าย ".repeat(80)}`, "ประชุม", ["ประชุม"]],
  ["ชั้น ๔", "4", []],
  ["ไม่มี", "ประชุม", null],
])("%s, asked for %s", (text, typed, expected) => {
  expect(marked(text, typed)).toEqual(expected);
});

test("a message is found by the names of its files, and by their form", () => {
  const event: Event = {
    type: "message.text", at: 1, n: 4, sender: MALEE,
    body: { text: "", files: [{ id: "f", name: "แผนเผชิญเหตุน้ำท่วม.pdf", type: "application/pdf", size: 1, form: "document", state: "clean", variants: [] }] },
  };
  const found = (typed: string, more = {}) => keptHit("r", event, termsOf(typed), { q: typed, ...more });
  expect(found("น้ำท่วม")).toMatchObject({ snippet: "", files: [{ name: "แผนเผชิญเหตุน้ำท่วม.pdf", form: "document", highlights: [[12, 19]] }] });
  // Terms that touch are one mark.
  expect(found("น้ำ ท่วม pdf")?.files?.[0]?.highlights).toEqual([
    [12, 19],
    [20, 23],
  ]);
  expect(found("น้ำท่วม", { type: "document" })).not.toBeNull();
  expect(found("น้ำท่วม", { has_file: true })).not.toBeNull();
  expect(found("น้ำท่วม", { type: "picture" })).toBeNull();
  expect(found("ไฟไหม้")).toBeNull();
});
