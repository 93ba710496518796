/** Private chats that begin with their first message: with a line and without, at once from both sides, over a reload. */
import { beforeEach, expect, test } from "vitest";

import { newChat } from "#core/newChats";

import { refuse } from "./fakeServer";
import { makeWorld, MALEE, PRASIT, shown, SOMCHAI, until, type Tab, type World } from "./world";

const CHAT = newChat(MALEE);
const WRITE = /^\/api\/v1\/people\/[^/]+\/messages$/;

let world: World;
beforeEach(() => {
  world = makeWorld();
});

const say = ({ core }: Tab, text: string, room = CHAT) => core.outbox.add(room, { text, mentions: [], everyone: false, replyTo: null });
const direct = () => [...world.server.rooms.values()].filter(({ kind }) => kind === "direct").map(({ id }) => id);

async function sent(tab: Tab): Promise<void> {
  await until(async () => {
    if (tab.core.outbox.pending.snapshot().length === 0) return true;
    await world.time.advance(1_000);
    return false;
  }, "an empty outbox");
}

test("opening and writing a draft makes no room; the first message does, and the draft goes on there", async () => {
  const tab = await world.signedIn(world.device());
  const { rooms, drafts, typing } = tab.core;
  expect(rooms.chatWith(MALEE)).toBe(CHAT);
  await rooms.load(CHAT);
  expect(rooms.room(CHAT).snapshot()).toMatchObject({ title: "นางสาวมาลี ศรีสุข", other: MALEE, denied: {} });
  tab.core.timeline(CHAT).open();
  typing.tell(CHAT);
  drafts.set(CHAT, { text: "เรียน", mentions: [], everyone: false, replyTo: null });
  expect(direct()).toEqual([]);
  await say(tab, "ขอเอกสารด้วยครับ");
  await say(tab, "ภายในวันนี้");
  await sent(tab);
  const [room = ""] = direct();
  expect(direct()).toHaveLength(1);
  expect(world.server.texts(room)).toEqual(["ขอเอกสารด้วยครับ", "ภายในวันนี้"]);
  expect([rooms.begunAs(CHAT), rooms.chatWith(MALEE)]).toEqual([room, room]);
  expect([drafts.draft(room).snapshot().text, drafts.draft(CHAT).snapshot().text]).toEqual(["เรียน", ""]);
  tab.core.timeline(room).open();
  await until(() => shown(tab.core, room).length === 2 && !tab.core.timeline(room).snapshot().hasOlder, "all shown");
  const notices = tab.core.timeline(room).snapshot().items.filter((item) => item.kind === "notice");
  expect(notices.map((item) => item.notice.what)).toEqual(["created"]);
});

test("what was written offline is a line of the list, survives a reload, and is sent when the line is back", async () => {
  const device = world.device();
  const first = await world.signedIn(device);
  await first.core.rooms.load(CHAT);
  device.setUp(false);
  await say(first, "ข้อความแรก");
  first.core.drafts.set(CHAT, { text: "ค้างไว้", mentions: [], everyone: false, replyTo: null });
  await world.time.advance(1_000);
  first.kill();
  const tab = world.tab(device);
  await tab.core.start();
  const waiting = () => tab.core.rooms.list.snapshot().rooms.find(({ id }) => id === CHAT);
  await until(() => waiting() !== undefined, "the line of the chat");
  expect(waiting()).toMatchObject({ other: MALEE, last: { text: "ข้อความแรก", mine: true } });
  expect(tab.core.drafts.draft(CHAT).snapshot().text).toBe("ค้างไว้");
  device.setUp(true);
  await sent(tab);
  const [room = ""] = direct();
  expect(world.server.texts(room)).toEqual(["ข้อความแรก"]);
  await until(() => waiting() === undefined && tab.core.rooms.list.snapshot().rooms.some(({ id }) => id === room), "the room in its place");
  expect(tab.core.drafts.draft(room).snapshot().text).toBe("ค้างไว้");
});

test("an answer that is lost doubles nothing", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  let lost = false;
  device.cut = (method, path) => {
    if (lost || method !== "POST" || !WRITE.test(path)) return null;
    lost = true;
    return "after";
  };
  await say(tab, "ครั้งเดียว");
  await sent(tab);
  expect(lost).toBe(true);
  expect(direct()).toHaveLength(1);
  expect(world.server.texts(direct()[0] ?? "")).toEqual(["ครั้งเดียว"]);
});

test("both begin at once: one room, with what each wrote", async () => {
  const device = world.device();
  const tab = await world.signedIn(device);
  device.cut = (method, path) => (method === "POST" && WRITE.test(path) ? "before" : null);
  await say(tab, "จากสมชาย");
  const room = world.server.createRoom(MALEE, null, [SOMCHAI], "direct");
  world.server.send(MALEE, room, "จากมาลี");
  await until(() => tab.core.rooms.begunAs(CHAT) === room, "the chat has begun elsewhere");
  device.cut = () => null;
  await sent(tab);
  expect(direct()).toEqual([room]);
  expect(world.server.texts(room)).toEqual(["จากมาลี", "จากสมชาย"]);
});

test("whom the reader may not write to first: the reason stands in the chat, and what was written waits there", async () => {
  world.server.canned.set(`POST /people/${PRASIT}/messages`, () => refuse(403, "contact_not_allowed"));
  const tab = await world.signedIn(world.device());
  await say(tab, "เรียนท่าน", newChat(PRASIT));
  await until(() => tab.core.outbox.pending.snapshot()[0]?.delivery.kind === "failed", "refused");
  expect(tab.core.outbox.pending.snapshot()[0]).toMatchObject({ room: newChat(PRASIT), delivery: { code: "contact_not_allowed" } });
  expect(direct()).toEqual([]);
  const listed = () => tab.core.rooms.list.snapshot().rooms.some(({ id }) => id === newChat(PRASIT));
  expect(listed()).toBe(true);
  await tab.core.outbox.remove(tab.core.outbox.pending.snapshot()[0]?.txnId ?? "");
  expect(listed()).toBe(false);
  tab.core.people.learnProfiles([{ id: PRASIT, name: "นายประสิทธิ์ แก้วงาม", may_contact: false }]);
  expect(tab.core.rooms.room(newChat(PRASIT)).snapshot()?.denied).toEqual({ post: "contact_not_allowed" });
});
