/** Trying again costs the server little, whatever it answers; what makes it let us in again is followed at once. */
import { beforeEach, describe, expect, test, vi } from "vitest";

import { breathe } from "./fakePorts";
import { makeWorld, MALEE, online, shown, SOMCHAI, until, type Tab, type World } from "./world";

const MINUTE = 60_000;
/** A wait grows to half of 30 seconds here, and one try asks for little: more than this is a loop. */
const FEW = 40;

let world: World;
beforeEach(() => {
  world = makeWorld();
});

/** Calls of the next minute, by all clients. A loop without a wait needs turns of the event loop, and no time. */
async function callsOfAMinute(): Promise<string[]> {
  const before = world.server.calls.length;
  await world.time.advance(MINUTE);
  await breathe(2_000);
  return world.server.calls.slice(before);
}

async function dropped({ core }: Tab): Promise<void> {
  world.server.dropAll();
  await until(() => core.connection.snapshot().kind === "offline", "dropped");
}

const wanted = {
  terms: {
    ask: () => void (world.server.terms.version = 2),
    give: ({ core }: Tab) => core.session.acceptTerms(2),
  },
  password_change: {
    ask: () => void world.server.mustChange.add(SOMCHAI),
    give: ({ core }: Tab) => core.session.changePassword("correct", "correct horse battery"),
  },
};

describe.each(["terms", "password_change"] as const)("the server wants something first: %s", (kind) => {
  const { ask, give } = wanted[kind];

  test("the line that drops is not asked for again and again, and goes on at once when it is done", async () => {
    const tab = await world.signedIn(world.device());
    tab.core.timeline(world.room).open();
    await until(() => tab.core.timeline(world.room).snapshot().loading === "none", "the room is open");
    ask();
    await dropped(tab);
    await world.time.advanceUntil(() => tab.core.session.snapshot().kind === kind, "asked of the person");
    const calls = await callsOfAMinute();
    expect(calls.length).toBeLessThan(FEW);
    expect(calls.filter((call) => call.startsWith("GET /sync"))).toEqual([]);
    world.server.send(MALEE, world.room, "ระหว่างนั้น");
    await give(tab);
    await online(tab.core); // no time passes: nothing waits
    await until(() => shown(tab.core, world.room).join() === "ระหว่างนั้น", "caught up");
  });

  test("what is done in another tab lets the leading one go on at once", async () => {
    const device = world.device();
    const leader = await world.signedIn(device);
    const other = world.tab(device);
    await other.core.start();
    await online(other.core);
    ask();
    await dropped(leader);
    await world.time.advanceUntil(() => leader.core.session.snapshot().kind === kind, "asked of the person");
    await other.core.session.refresh();
    await give(other);
    await Promise.all([leader, other].map(({ core }) => online(core)));
    expect(leader.core.session.snapshot().kind).toBe("signed_in");
  });

  test("what is done on another device is noticed", async () => {
    const [tab, phone] = [await world.signedIn(world.device()), await world.signedIn(world.device())];
    ask();
    await dropped(tab);
    await world.time.advanceUntil(() => tab.core.session.snapshot().kind === kind, "asked of the person");
    await phone.core.session.refresh();
    await give(phone);
    await world.time.advanceUntil(() => tab.core.connection.snapshot().kind === "online", "let in");
    expect(tab.core.session.snapshot().kind).toBe("signed_in");
  });
});

describe.each([
  { status: 503, code: "busy" },
  { status: 500, code: "internal" },
  { status: 429, code: "too_many_requests" },
  { status: 403, code: "terms_not_accepted" },
  { status: 403, code: "csrf" },
  { status: 401, code: "unauthenticated" },
])("the way to the stream answers $status $code", ({ status, code }) => {
  test("and nothing else: few tries in a minute, whatever another call is answered meanwhile", async () => {
    const tab = await world.signedIn(world.device());
    const handle = world.server.handle.bind(world.server);
    vi.spyOn(world.server, "handle").mockImplementation((token, method, path, init) => {
      const answer = handle(token, method, path, init);
      return path.startsWith("/api/v1/sync") ? { status, body: { error: { code, message: code, field: null, request: "q_1" } } } : answer;
    });
    // Somebody asks for something whenever the connection changes, as a page does that shows it.
    tab.core.connection.subscribe(() => void tab.core.rooms.load(world.room).catch(() => undefined));
    world.server.dropAll();
    await until(() => tab.core.connection.snapshot().kind === "offline" || tab.core.session.snapshot().kind === "signed_out", "dropped");
    expect((await callsOfAMinute()).length).toBeLessThan(FEW);
  });
});

test("a line that opens and dies again and again is tried few times, though every try asks for what is stale", async () => {
  const tab = await world.signedIn(world.device());
  const listen = world.server.listen.bind(world.server);
  let lines = 0;
  vi.spyOn(world.server, "listen").mockImplementation((token, path, send, close) => {
    lines += 1;
    const line = listen(token, path, send, close);
    return line === null ? null : { ...line, attach: () => { line.attach(); close(1006); } };
  });
  tab.core.connection.subscribe(() => void tab.core.rooms.load(world.room).catch(() => undefined));
  await dropped(tab);
  expect((await callsOfAMinute()).length).toBeLessThan(FEW);
  expect(lines).toBeGreaterThan(1);
});
