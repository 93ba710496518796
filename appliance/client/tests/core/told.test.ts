/** People are told what happens to them: unread lines for being added and made the owner, and one list of requests. */
import { beforeEach, expect, test } from "vitest";

import type { Departure, MyRequest } from "#core/protocol";
import { newsCount, newsOf, waitingForUs } from "#core/requests";
import type { Incoming } from "#core/snapshots";

import { MALEE, makeWorld, online, PRASIT, SOMCHAI, until, type World } from "./world";

let world: World;
/** What the server keeps for each person, and tells in pages of two. */
let lists: Map<string, { requests: MyRequest[]; departures: Departure[] }>;
beforeEach(() => {
  world = makeWorld();
  lists = new Map();
  world.server.canned.set("GET /me/requests", ({ person, query }) => {
    const { requests, departures } = listOf(person);
    const from = Number(query.get("cursor") ?? 0);
    const following = from + 2 < requests.length ? { cursor: String(from + 2) } : {};
    const waits = requests.filter((one) => one.waits_for_me).length;
    const counts = { waiting: waits, answers: 0, photos: 0, escalates_days: 3, repeats_days: 7 };
    return { status: 200, body: { requests: requests.slice(from, from + 2), departures, ...counts, ...following } };
  });
  world.server.canned.set("POST /me/requests/seen", ({ person, body }) => {
    const { departures } = listOf(person);
    keeps(person, undefined, departures.map((one) => ({ ...one, fresh: one.at > (body["upto"] as number) })));
    world.server.tellPerson(person, "requests.seen", {});
    return { status: 204 };
  });
});

const listOf = (person: string) => lists.get(person) ?? { requests: [], departures: [] };

function keeps(person: string, requests = listOf(person).requests, departures = listOf(person).departures): void {
  lists.set(person, { requests, departures });
}

function takeOff(person: string): void {
  const gone = { room: world.room, room_name: "งานสารบรรณ", at: world.time.now(), by: MALEE, by_name: "นางสาวมาลี ศรีสุข", fresh: true };
  keeps(person, undefined, [gone]);
  world.server.remove(MALEE, world.room, [person]);
}

function add(person: string): void {
  keeps(person, undefined, []);
  world.server.add(MALEE, world.room, [person]);
}

const waiting = (room: string): MyRequest => ({
  id: "rr_1",
  kind: "removal",
  room,
  room_name: "งานสารบรรณ",
  person: PRASIT,
  name: "นายประสิทธิ์ แก้วงาม",
  owner_name: "นายสมชาย ใจดี",
  state: "pending",
  asked: 1,
  waits_for_me: true,
});

test("who is added to a room finds that unread, as its newest line, until it was on the screen", async () => {
  const { core } = await world.signedIn(world.device(), "prasit");
  world.server.send(MALEE, world.room, "ก่อนหน้านั้น");
  add(PRASIT);
  await until(() => core.rooms.list.snapshot().rooms.length === 1, "the room");
  const [row] = core.rooms.list.snapshot().rooms;
  expect(row).toMatchObject({ unread: 1, mentions: 0, last: { kind: "notice", sender: MALEE } });
  const n = row?.last?.n ?? 0;
  expect(core.rooms.room(world.room).snapshot()?.firstUnread).toBe(n);
  core.rooms.markRead(world.room, n, n);
  await until(() => core.rooms.list.snapshot().rooms[0]?.unread === 0, "read");
  await world.time.advance(500);
  await until(() => world.server.receipts.some(({ person, upto }) => person === PRASIT && upto === n), "the server knows");
});

test("a request reaches its owner live, in every tab, and stays at hand offline", async () => {
  const device = world.device();
  const [first, second] = [await world.signedIn(device), world.tab(device)];
  await second.core.start();
  await online(second.core);
  keeps(SOMCHAI, [waiting(world.room)]);
  world.server.tellPerson(SOMCHAI, "removal_request", {}, world.room);
  for (const { core } of [first, second]) {
    await until(() => waitingForUs(core.requests.list.snapshot()).length === 1, "the request");
    expect(newsCount(newsOf(core.requests.list.snapshot()))).toBe(1);
  }
  first.kill();
  second.kill();
  device.cut = () => "before";
  const later = world.tab(device);
  await later.core.start();
  await until(() => waitingForUs(later.core.requests.list.snapshot()).length === 1, "from the cache");
});

test("a request in a room that is not ours reaches its administrator too", async () => {
  const { core } = await world.signedIn(world.device(), "prasit");
  keeps(PRASIT, [{ ...waiting(world.room), person: SOMCHAI, escalated: 5 }]);
  world.server.tellPerson(PRASIT, "removal_request", {}, world.room);
  await until(() => newsCount(newsOf(core.requests.list.snapshot())) === 1, "the request");
});

test("who is taken off finds by whom and from what, on every device, until they have seen it on one", async () => {
  const [phone, pc] = [await world.signedIn(world.device()), await world.signedIn(world.device())];
  takeOff(SOMCHAI);
  for (const { core } of [phone, pc]) await until(() => newsCount(newsOf(core.requests.list.snapshot())) === 1, "told");
  expect(phone.core.requests.list.snapshot().departures).toMatchObject([{ room_name: "งานสารบรรณ", by_name: "นางสาวมาลี ศรีสุข" }]);
  await phone.core.requests.see();
  for (const { core } of [phone, pc]) await until(() => newsCount(newsOf(core.requests.list.snapshot())) === 0, "seen");
  expect(pc.core.requests.list.snapshot().departures).toHaveLength(1);
});

test("who is added again is told of that alone, live, whether the list was opened or not", async () => {
  const { core } = await world.signedIn(world.device());
  const list = () => core.requests.list.snapshot();
  for (const opened of [false, true]) {
    takeOff(SOMCHAI);
    await until(() => newsCount(newsOf(list())) === 1, "told");
    if (opened) await core.requests.see();
    add(SOMCHAI);
    await until(() => core.rooms.list.snapshot().rooms[0]?.unread === 1, "added again");
    await until(() => list().departures.length === 0, "over");
    expect(newsCount(newsOf(list()))).toBe(0);
  }
});

test("a request waits for its room's new owner, and says the room's new name, as soon as there is one", async () => {
  const { core } = await world.signedIn(world.device());
  const mine = () => core.requests.list.snapshot().requests[0];
  const asked = { ...waiting(world.room), person: SOMCHAI, waits_for_me: false };
  keeps(SOMCHAI, [asked]);
  world.server.tellPerson(SOMCHAI, "removal_request", {}, world.room);
  await until(() => mine() !== undefined, "asked");
  keeps(SOMCHAI, [{ ...asked, owner_name: "นายประสิทธิ์ แก้วงาม" }]);
  world.server.append(MALEE, world.room, { type: "owner.transfer", state: { to: PRASIT } });
  await until(() => mine()?.owner_name === "นายประสิทธิ์ แก้วงาม", "another owner");
  keeps(SOMCHAI, [{ ...asked, room_name: "งานสารบรรณกลาง" }]);
  world.server.append(PRASIT, world.room, { type: "room.rename", state: { name: "งานสารบรรณกลาง" } });
  await until(() => mine()?.room_name === "งานสารบรรณกลาง", "another name");
});

test("of many requests the first page is read with each change, more when somebody wants to see more", async () => {
  const { core } = await world.signedIn(world.device());
  const shown = () => core.requests.list.snapshot().requests.map(({ id }) => id);
  const change = () => world.server.tellPerson(SOMCHAI, "removal_request", {}, world.room);
  keeps(SOMCHAI, ["a", "b", "c", "d", "e"].map((id) => ({ ...waiting(world.room), id })));
  change();
  await until(() => shown().length === 2, "the first page");
  expect(core.requests.list.snapshot().more).toBe(true);
  await core.requests.loadMore();
  expect(shown()).toEqual(["a", "b", "c", "d"]);
  keeps(SOMCHAI, ["b", "c", "d", "e"].map((id) => ({ ...waiting(world.room), id })));
  change();
  await until(() => shown()[0] === "b", "the change");
  expect(shown()).toEqual(["b", "c", "d", "e"]);
  expect(core.requests.list.snapshot().more).toBe(false);
  core.requests.endMore();
  await core.requests.load();
  expect(shown()).toEqual(["b", "c"]);
});

test("what is done to us is worth a notification as it happens, once, in one tab; a new name and what was there before are not", async () => {
  const device = world.device();
  keeps(SOMCHAI, [waiting(world.room)]);
  const [first, second] = [await world.signedIn(device), world.tab(device)];
  await second.core.start();
  await online(second.core);
  const heard: Incoming[] = [];
  for (const { core } of [first, second]) core.onIncoming((one) => heard.push(one));
  await until(() => newsCount(newsOf(second.core.requests.list.snapshot())) === 1, "known before");
  world.server.append(MALEE, world.room, { type: "room.rename", state: { name: "งานสารบรรณกลาง" } });
  world.server.append(MALEE, world.room, { type: "owner.transfer", state: { to: SOMCHAI } });
  await until(() => heard.length === 1, "made the owner");
  const other = world.server.createRoom(MALEE, "ห้องใหม่", [SOMCHAI]);
  await until(() => heard.length === 2, "added");
  world.server.send(PRASIT, world.server.createRoom(PRASIT, null, [SOMCHAI], "direct"), "สวัสดีครับ");
  await until(() => heard.length === 3, "written to");
  world.server.tells(SOMCHAI, other, { pinned: true });
  keeps(SOMCHAI, [{ ...waiting(world.room), id: "rr_2" }, waiting(world.room)]);
  world.server.tellPerson(SOMCHAI, "removal_request", {}, world.room);
  await until(() => heard.length === 4, "the request");
  expect(heard.map((one) => (one.kind === "requests" ? one.news : `${one.kind} ${one.room === other ? "new" : ""}`.trim()))).toEqual([
    "owner",
    "added new",
    "message",
    { waiting: 1, answers: 0, gone: 0 },
  ]);
});
