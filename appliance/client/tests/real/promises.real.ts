/** What the client promises of its outbox, sync and cache (C3, C4, C5), held to by a real appliance. Run by tests/client. */
import { afterEach, beforeEach, expect, test } from "vitest";

import * as world from "../core/world";
import { Line, openTab, type RealTab } from "./line";

const { diskBytes, online, until, wiped } = world;
const HOUR = 3_600_000;
const DRAFT = { mentions: [], everyone: false, replyTo: null };
const POST = /^POST \/api\/v1\/rooms\/[^/]+\/messages /;
const SEND = /^SEND$/;

/** What pytest prepared: the appliance, a person with a room in it, and a way to have others do things there. */
const given = (name: string): string => process.env[name] ?? `no ${name}`;
const ROOM = given("GCHAT_ROOM");

async function others<T = unknown>(what: string, body: unknown = {}): Promise<T> {
  const answer = await fetch(`${given("GCHAT_OTHERS")}/${what}`, { method: "POST", body: JSON.stringify(body) });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  return (await answer.json()) as T;
}

/** What the room says on the device; a message that was called back says nothing. */
const shown = ({ core }: RealTab): string[] => world.shown(core, ROOM).filter((text) => text !== "");

const texts = (): Promise<string[]> => others<string[]>("texts");

let line: Line;
beforeEach(async () => {
  line = new Line(given("GCHAT_URL"));
  await line.listen();
});
afterEach(() => line.close());

async function signedIn(options = {}): Promise<RealTab> {
  const tab = openTab(line, options);
  await tab.core.start();
  await tab.core.session.login(given("GCHAT_USER"), given("GCHAT_PASSWORD"));
  await online(tab.core);
  tab.core.timeline(ROOM).open();
  await until(() => shown(tab).length > 0, "the room");
  return tab;
}

async function lineDown({ core }: RealTab): Promise<void> {
  line.up = false;
  line.cut();
  await until(() => core.connection.snapshot().kind === "offline", "offline");
}

/** By turns before the server has all of a message and after it has done it. */
const nextBreak = (breaks: number): "request" | "answer" => (breaks % 2 === 0 ? "answer" : "request");

test("the line is cut around 20 messages on the stream: 20 messages, once each, in order (C3)", async () => {
  const tab = await signedIn();
  const { core } = tab;
  const words = Array.from({ length: 20 }, (_, i) => `ข้อความที่ ${i + 1} ของยี่สิบ ทางสตรีม`);
  const before = await texts();
  let breaks = 0;
  line.breakAt = (request) => (SEND.test(request) ? nextBreak(breaks++) : null);
  for (const text of words) {
    await core.outbox.add(ROOM, { ...DRAFT, text });
    await until(() => core.outbox.pending.snapshot().length === 0, "an empty outbox");
    await online(core);
  }
  expect(breaks).toBe(20);
  expect(await texts()).toEqual([...before, ...words]);
  await until(() => shown(tab).at(-1) === words.at(-1), "all shown");
  expect(shown(tab).slice(-20)).toEqual(words);
  core.stop();
});

test("the line is cut 20 times while 40 messages go by POST: 40 messages, once each, in order (C3)", async () => {
  const tab = await signedIn();
  const { core } = tab;
  const words = Array.from({ length: 40 }, (_, i) => `ข้อความที่ ${i + 1} ของสี่สิบ ทางโพสต์`);
  const before = await texts();
  let breaks = 0;
  let broken = false;
  // No message gets through on a stream. Of two tries by POST one is cut at the most.
  line.breakAt = (request) => {
    if (SEND.test(request)) return "request";
    if (!POST.test(request)) return null;
    broken = !broken && breaks < 20;
    return broken ? nextBreak(breaks++) : null;
  };
  for (const text of words) await core.outbox.add(ROOM, { ...DRAFT, text });
  await until(() => core.outbox.pending.snapshot().length === 0, "an empty outbox");
  expect(breaks).toBe(20);
  expect(await texts()).toEqual([...before, ...words]);
  line.breakAt = () => null;
  await online(core);
  await until(() => shown(tab).at(-1) === words.at(-1), "all shown");
  expect(shown(tab).slice(-40)).toEqual(words);
  core.stop();
});

test("after a day without a line, 5,000 events arrive without a miss and without a jump (C5)", async () => {
  const tab = await signedIn();
  const { core } = tab;
  const timeline = core.timeline(ROOM);
  const [first] = timeline.snapshot().items;
  const seen = shown(tab);
  await lineDown(tab);
  await others("a-day-passes");
  await others("say", { count: 4_999 });
  await others("edit", { text: "แก้ระหว่างที่สายขาด" });
  tab.later(24 * HOUR);
  line.up = true;
  await online(core);
  await until(() => shown(tab).length === seen.length + 4_999, "all of them");
  const all = await texts();
  expect(all.at(-1)).toBe("แก้ระหว่างที่สายขาด");
  expect(shown(tab)).toEqual(all.slice(-seen.length - 4_999));
  expect(timeline.snapshot().items[0]?.key).toBe(first?.key); // what was on the screen is where it was
  expect(core.rooms.room(ROOM).snapshot()?.unread).toBe(1_000);
  core.stop();
});

test("revoked without a line: after the time nothing is readable, nor at the next contact (C4)", async () => {
  const away = await signedIn({ cacheLifeMs: 24 * HOUR });
  const near = await signedIn();
  expect((await diskBytes(near.device)).length).toBeGreaterThan(0);
  await lineDown(away);
  await others("revoke");
  away.later(23 * HOUR);
  away.look();
  expect(shown(away)).not.toEqual([]);
  away.later(2 * HOUR);
  away.look();
  await until(() => away.core.session.snapshot().kind === "signed_out", "locked by the clock");
  expect(away.core.session.snapshot()).toEqual({ kind: "signed_out", reason: "stale" });
  expect(shown(away)).toEqual([]);
  expect(away.core.rooms.list.snapshot().rooms).toEqual([]);
  await wiped(away.device);
  line.up = true;
  await until(() => near.core.session.snapshot().kind === "signed_out", "refused by the server");
  expect(near.core.session.snapshot()).toEqual({ kind: "signed_out", reason: "session_ended_revoked" });
  await wiped(near.device);
  for (const { core } of [away, near]) core.stop();
});
