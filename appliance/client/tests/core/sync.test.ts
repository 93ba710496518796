import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { RoomView } from "#core/protocol";

import { settled } from "./fakePorts";
import { makeWorld, MALEE, online, PRASIT, shown, SOMCHAI, until, type World } from "./world";

let world: World;
const errors: unknown[] = [];
const note = (error: unknown): void => void errors.push(error);
beforeEach(() => {
  world = makeWorld();
  process.on("unhandledRejection", note);
});
afterEach(() => {
  process.off("unhandledRejection", note);
  expect(errors.splice(0)).toEqual([]);
});

/** What the server was told that the reader has seen, from the beginning of a test. */
function said(): { first: number; upto: number }[] {
  return world.server.receipts.slice(1).map(({ first, upto }) => ({ first, upto }));
}

test("a new agency, in which nothing has happened yet, has an empty list and not one that loads for ever", async () => {
  const empty = makeWorld({ empty: true });
  const device = empty.device();
  const { core } = await empty.signedIn(device);
  expect(core.rooms.list.snapshot()).toMatchObject({ loaded: true, rooms: [] });
  const second = empty.tab(device);
  await second.core.start();
  await until(() => second.core.rooms.list.snapshot().loaded, "the second tab");
});

test("a message that is sent is seen, counted and named", async () => {
  const { core } = await world.signedIn(world.device());
  core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "ประชุมบ่ายสอง", { mentions: [SOMCHAI] });
  await until(() => core.rooms.list.snapshot().unread === 1, "counted");
  await until(() => shown(core, world.room).includes("ประชุมบ่ายสอง"), "shown");
  const [row] = core.rooms.list.snapshot().rooms;
  expect(row).toMatchObject({ title: "งานสารบรรณ", unread: 1, mentions: 1, last: { kind: "message", text: "ประชุมบ่ายสอง" } });
  const sender = core.people.person(MALEE);
  await until(() => sender.snapshot() !== null, "named");
  expect(sender.snapshot()?.name).toBe("นางสาวมาลี ศรีสุข");
});

test("a snapshot that comes in pages counts when it is whole", async () => {
  world.server.snapshotPage = 2;
  const made = ["หนึ่ง", "สอง", "สาม", "สี่"].map((name) => world.server.createRoom(MALEE, name, [SOMCHAI, PRASIT], "group"));
  const { core } = await world.signedIn(world.device());
  await until(() => core.rooms.list.snapshot().rooms.length === 1 + made.length, "every room");
  const asked = world.server.calls.filter((call) => call.startsWith("GET /sync?limit="));
  expect(asked.length).toBe(3);
  world.server.send(MALEE, made[3] ?? "", "ห้องสุดท้ายก็ได้ยิน");
  // In each of the four he was added, and that is unread too.
  await until(() => core.rooms.list.snapshot().unread === made.length + 1, "heard");
});

test("a frame that is lost makes a gap, and the gap is asked for", async () => {
  const { core } = await world.signedIn(world.device());
  core.timeline(world.room).open();
  world.server.send(MALEE, world.room, "หนึ่ง");
  await until(() => shown(core, world.room).length === 1, "one");
  await world.time.advance(2_000);
  world.server.lose = () => true;
  world.server.send(MALEE, world.room, "สอง");
  world.server.lose = () => false;
  world.server.send(MALEE, world.room, "สาม");
  await until(() => shown(core, world.room).length === 3, "three");
  expect(shown(core, world.room)).toEqual(["หนึ่ง", "สอง", "สาม"]);
});

test("a reader that was dropped for being slow comes back from its cursor", async () => {
  const { core } = await world.signedIn(world.device());
  core.timeline(world.room).open();
  for (let round = 0; round < 5; round += 1) {
    world.server.send(MALEE, world.room, `ก ${round}`);
    world.server.dropAll();
    world.server.send(MALEE, world.room, `ข ${round}`);
    await until(() => core.connection.snapshot().kind === "offline", "dropped");
    await world.time.advance(20_000);
    await online(core);
  }
  await until(() => shown(core, world.room).length === 10, "all");
  expect(shown(core, world.room)).toEqual(world.server.texts(world.room));
});

test("a server restored from a backup is followed from a fresh snapshot", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  world.server.send(MALEE, world.room, "จะหายไป");
  await until(() => core.rooms.list.snapshot().rooms[0]?.unread === 1, "seen");
  kill();
  const restored = makeWorld();
  for (const [token, person] of world.server.sessions) restored.server.sessions.set(token, person);
  Object.assign(device, { server: restored.server });
  const again = world.tab(device);
  await again.core.start();
  await online(again.core);
  await until(() => again.core.rooms.list.snapshot().rooms[0]?.unread === 0, "as restored");
});

test("silence after a ping is a dead line", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  await world.time.advance(25_000);
  expect(core.connection.snapshot().kind).toBe("online");
  world.server.listen = () => ({ attach: () => undefined, detach: () => undefined, hear: () => undefined });
  device.cutSockets();
  await until(() => core.connection.snapshot().kind === "offline", "cut");
  await world.time.advance(20_000); // a new line opens and says nothing
  expect(core.connection.snapshot().kind).toBe("offline");
});

test("typing is heard, lives six seconds and ends with the message", async () => {
  const { core } = await world.signedIn(world.device());
  const typing = core.typing.in(world.room);
  world.server.typing(MALEE, world.room);
  await until(() => typing.snapshot().length === 1, "typing");
  await world.time.advance(6_000);
  expect(typing.snapshot()).toEqual([]);
  world.server.typing(MALEE, world.room);
  await until(() => typing.snapshot().length === 1, "typing again");
  world.server.send(MALEE, world.room, "ค่ะ");
  await until(() => typing.snapshot().length === 0, "sent");
});

test("whoever is taken off a room loses it at once, cache included", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  const timeline = core.timeline(world.room);
  timeline.open();
  world.server.send(MALEE, world.room, "ลับสุดยอด");
  await until(() => shown(core, world.room).length === 1, "seen");
  world.server.remove(MALEE, world.room, [SOMCHAI]);
  await until(() => core.rooms.room(world.room).snapshot() === null, "gone");
  expect(timeline.snapshot().items).toEqual([]);
  kill();
  const { core: after } = world.tab(device);
  device.setUp(false);
  await after.start();
  expect(after.rooms.list.snapshot().rooms).toEqual([]);
  after.timeline(world.room).open();
  await settled();
  expect(after.timeline(world.room).snapshot().items).toEqual([]);
});

test("a mark as unread holds whatever is read, here, elsewhere and late, until it is ended", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  const elsewhere = await world.signedIn(world.device());
  await core.rooms.load(world.room);
  const sent = Array.from({ length: 3 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`).n ?? 0);
  const unread = (): (number | undefined)[] => [core, elsewhere.core].map(({ rooms }) => rooms.room(world.room).snapshot()?.unread);
  const at = (i: number): number => sent[i] ?? 0;
  const answer = (view: Partial<RoomView>) => () => {
    world.server.tells(SOMCHAI, world.room, view);
    return { status: 204 };
  };
  world.server.canned.set(`POST /rooms/${world.room}/unread`, answer({ unread: 2, unread_from: at(1) }));
  world.server.canned.set(`DELETE /rooms/${world.room}/unread`, answer({ unread: 0, unread_from: null }));
  await until(() => unread().join() === "3,3", "three");
  core.rooms.markRead(world.room, at(0), at(1));
  await world.time.advanceUntil(() => unread().join() === "1,1", "read in both");
  await core.rooms.markUnread(world.room, at(1));
  await until(() => unread().join() === "2,2", "marked");
  core.rooms.markRead(world.room, at(0), at(2));
  await world.time.advanceUntil(() => said().some(({ upto }) => upto === at(2)), "read there");
  await settled();
  expect(unread()).toEqual([2, 2]);
  await elsewhere.core.rooms.endUnreadMark(world.room);
  await until(() => unread().join() === "0,0", "ended");
});

test("what only the server has counted is asked for again", async () => {
  const sent = Array.from({ length: 10 }, (_, i) => world.server.send(MALEE, world.room, `ก่อนเข้า ${i}`));
  world.server.says(SOMCHAI, world.room, { unread: 10 });
  const { core } = await world.signedIn(world.device());
  const unread = (): number | undefined => core.rooms.room(world.room).snapshot()?.unread;
  expect(unread()).toBe(10);
  world.server.says(SOMCHAI, world.room, { unread: 6 });
  world.server.read(SOMCHAI, world.room, sent[3]?.n ?? 0);
  // The clock goes on until the request that follows the receipt was made, however long this machine takes to hear of it.
  await world.time.advanceUntil(() => unread() === 6, "six");
});

test("our own reading counts at once and reaches the server when the line is back", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  const { n = 0 } = world.server.send(MALEE, world.room, "อ่านด้วย");
  await until(() => core.rooms.room(world.room).snapshot()?.unread === 1, "unread");
  device.setUp(false);
  await until(() => core.connection.snapshot().kind === "offline", "offline");
  core.rooms.markRead(world.room, n ?? 0, n ?? 0);
  await until(() => core.rooms.room(world.room).snapshot()?.unread === 0, "read here");
  await world.time.advance(1_000);
  expect(said()).toEqual([]);
  device.setUp(true);
  await until(() => said().length > 0, "read there");
  expect(said()).toEqual([{ first: n, upto: n }]);
});

test("only what was shown is reported: two stretches are two receipts, also after a night without a line", async () => {
  const device = world.device();
  const { core, kill } = await world.signedIn(device);
  await core.rooms.load(world.room);
  const sent = Array.from({ length: 20 }, (_, i) => world.server.send(MALEE, world.room, `ข้อ ${i}`).n ?? 0);
  const at = (i: number): number => sent[i] ?? 0;
  await until(() => core.rooms.room(world.room).snapshot()?.unread === 20, "unread");
  device.setUp(false);
  await until(() => core.connection.snapshot().kind === "offline", "offline");
  core.rooms.markRead(world.room, at(0), at(2));
  core.rooms.markRead(world.room, at(3), at(4));
  core.rooms.markRead(world.room, at(15), at(19));
  await until(() => core.rooms.room(world.room).snapshot()?.unread === 0, "nothing is left to look at");
  await world.time.advance(1_000);
  kill();
  const again = world.tab(device);
  await again.core.start();
  expect(again.core.rooms.list.snapshot().unread).toBe(0);
  device.setUp(true);
  await online(again.core);
  const stretches = [
    { first: at(0), upto: at(4) },
    { first: at(15), upto: at(19) },
  ];
  await until(() => said().length >= 2, "told");
  expect(said()).toEqual(stretches);
  // Scrolling back later shows some of it; what is known already is not said again.
  const own = () => again.core.rooms.room(world.room).snapshot()?.view.members?.find(({ person }) => person === SOMCHAI);
  const heard = (first: number) => own()?.read === at(19) && JSON.stringify(own()?.skipped) === JSON.stringify([[first, at(14)]]);
  await until(() => heard(at(5)), "heard");
  again.core.rooms.markRead(world.room, at(3), at(7));
  again.core.rooms.markRead(world.room, at(16), at(18));
  await world.time.advanceUntil(() => said().length > 2, "the rest");
  await until(() => heard(at(8)), "heard again");
  again.core.rooms.markRead(world.room, at(3), at(7));
  await world.time.advance(2_000);
  expect(said()).toEqual([...stretches, { first: at(5), upto: at(7) }]);
});

test("who looks at a large room hears of its readers at once, and again from the feed", async () => {
  const { core } = await world.signedIn(world.device());
  await core.rooms.load(world.room);
  const sent = Array.from({ length: 9 }, (_, i) => world.server.send(SOMCHAI, world.room, `ข้อ ${i}`).n ?? 0);
  core.timeline(world.room).open();
  await until(() => shown(core, world.room).length === 9, "shown");
  await until(() => world.server.watchedBy(SOMCHAI).length === 1, "watched");
  const readers = (i: number): readonly string[] => core.readers.of(world.room, sent[i] ?? 0, SOMCHAI).by;
  const [first = 0, upto = 0] = [sent[6], sent[8]];
  const receipt = world.server.receipt({ person: MALEE, room: world.room, first, upto });
  world.server.pass(receipt, ({ watching }) => watching.includes(world.room));
  await until(() => readers(8).length === 1, "at once");
  expect([readers(5), readers(6)]).toEqual([[], [MALEE]]);
  const before = core.rooms.room(world.room).snapshot()?.view;
  world.server.read(MALEE, world.room, upto, first);
  world.server.send(MALEE, world.room, "จบ");
  await until(() => shown(core, world.room).includes("จบ"), "after the line");
  expect(core.rooms.room(world.room).snapshot()?.view.members).toBe(before?.members);
});

test("the rooms on the screen are told to the server, again on every line, and not while the window is hidden", async () => {
  const device = world.device();
  const { core, setVisible } = await world.signedIn(device);
  const watched = (): string[] => world.server.watchedBy(SOMCHAI);
  expect(watched()).toEqual([]);
  core.timeline(world.room).open();
  expect(watched()).toEqual([world.room]);
  world.server.dropAll();
  await until(() => core.connection.snapshot().kind === "offline", "dropped");
  expect(watched()).toEqual([]);
  await world.time.advance(20_000);
  await online(core);
  expect(watched()).toEqual([world.room]);
  // A gap opens a new line at once, without a word of being offline.
  await world.time.advance(2_000);
  world.server.lose = () => true;
  world.server.send(MALEE, world.room, "หาย");
  world.server.lose = () => false;
  world.server.send(MALEE, world.room, "ถึง");
  await until(() => shown(core, world.room).length === 2, "caught up");
  await until(() => watched().length === 1, "told again");
  setVisible(false);
  expect(watched()).toEqual([]);
  setVisible(true);
  expect(watched()).toEqual([world.room]);
  core.timeline(world.room).close();
  expect(watched()).toEqual([]);
});

test("that the network is gone is said when the browser knows it, not when the line is found dead", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  device.setUp(false, { socketsDie: false });
  await until(() => core.connection.snapshot().kind === "offline", "said at once");
  expect(world.time.now()).toBe(core.connection.snapshot().since);
  device.setUp(true);
  await online(core);
});

test("when any call is answered the sync tries at once, however long it was about to wait (browsers 5)", async () => {
  const device = world.device();
  const { core } = await world.signedIn(device);
  device.cut = () => "before";
  device.cutSockets();
  await until(() => core.connection.snapshot().kind === "offline", "offline");
  await world.time.advance(120_000);
  device.cut = () => null;
  expect(core.connection.snapshot().kind).toBe("offline");
  await core.outbox.add(world.room, { text: "ถึงแล้วหรือยัง", mentions: [], everyone: false, replyTo: null });
  await until(() => world.server.texts(world.room).length === 1, "sent");
  await online(core);
  await until(() => core.outbox.pending.snapshot().length === 0, "seen to be sent");
});

test("an answer that tells once more what the stream has told changes nothing", async () => {
  const { core } = await world.signedIn(world.device());
  core.timeline(world.room).open();
  const [{ n }, gone] = [world.server.send(MALEE, world.room, "ครั้งเดียว"), world.server.send(MALEE, world.room, "ถอนแล้ว")];
  world.server.react(MALEE, world.room, n ?? 0, "👍", true);
  world.server.amend(world.room, n ?? 0, { reactions: [{ emoji: "👍", people: [MALEE] }] });
  world.server.redact(MALEE, world.room, gone.n ?? 0);
  await until(() => shown(core, world.room).join() === "ครั้งเดียว," && core.rooms.room(world.room).snapshot()?.unread === 2, "told");
  const known = () => ({
    unread: core.rooms.room(world.room).snapshot()?.unread,
    items: core.timeline(world.room).snapshot().items.map((item) => [item.n, item.kind === "message" ? [item.text, item.reactions] : null]),
  });
  const before = known();
  world.server.says(SOMCHAI, world.room, { unread: 2 });
  // The server answers from further back than it was asked.
  const sync = world.server.sync.bind(world.server);
  vi.spyOn(world.server, "sync").mockImplementation((person, since, limit, cursor) => sync(person, since === null ? null : "at-1", limit, cursor));
  world.server.dropAll();
  await until(() => core.connection.snapshot().kind !== "online", "dropped");
  await world.time.advanceUntil(() => core.connection.snapshot().kind === "online", "back");
  expect(known()).toEqual(before);
  const { n: later } = world.server.send(MALEE, world.room, "ต่อ");
  await until(() => core.timeline(world.room).snapshot().items.at(-1)?.n === later, "goes on");
  expect(known().unread).toBe((before.unread ?? 0) + 1);
});

test("a report of what was shown that learns of the session's end leaves no error behind", async () => {
  const tab = await world.signedIn(world.device());
  const { n = 0 } = world.server.send(MALEE, world.room, "อ่านแล้ว");
  await until(() => tab.core.rooms.list.snapshot().unread === 1, "there");
  const handle = world.server.handle.bind(world.server);
  const refuse = (status: number, code: string) => ({ status, body: { error: { code, message: code, field: null, request: "q_1" } } });
  vi.spyOn(world.server, "handle").mockImplementation((token, method, path, init) => {
    if (path.includes("/receipts")) return refuse(401, "session_ended_revoked");
    return path.includes("/sync") ? refuse(503, "busy") : handle(token, method, path, init);
  });
  world.server.dropAll();
  await until(() => tab.core.connection.snapshot().kind === "offline", "no stream");
  tab.core.rooms.markRead(world.room, n ?? 0, n ?? 0);
  await world.time.advanceUntil(() => tab.core.session.snapshot().kind === "signed_out", "out");
  await settled();
});
