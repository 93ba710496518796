import { expect, test } from "vitest";

import { depthOf, formatRoute, HOME, meant, messageRoute, parseRoute, type Route, roomRoute, SETTINGS_PAGES, withoutSide } from "./routes";

const ROUTES: [string, Route, string][] = [
  ["/rooms", HOME, "list"],
  ["/rooms/r_1", roomRoute("r_1"), "main"],
  ["/rooms/r_1/info", roomRoute("r_1", { kind: "info" }), "side"],
  ["/rooms/r_1/files", roomRoute("r_1", { kind: "files" }), "side"],
  ["/rooms/r_1/readers/12", roomRoute("r_1", { kind: "readers", n: 12 }), "side"],
  ["/rooms/r_1/person/p_2", roomRoute("r_1", { kind: "person", person: "p_2" }), "side"],
  ["/rooms/r_1/message/0", messageRoute("r_1", 0), "main"],
  ["/people", { place: "people", unit: null, person: null }, "list"],
  ["/people/u_1", { place: "people", unit: "u_1", person: null }, "main"],
  ["/people/all/p_2", { place: "people", unit: "all", person: "p_2" }, "side"],
  ["/settings/devices", { place: "settings", page: "devices" }, "main"],
];

test.each(ROUTES)("%s", (address, route, depth) => {
  expect(parseRoute(address)).toEqual(route);
  expect(formatRoute(route)).toBe(address);
  expect(depthOf(route)).toBe(depth);
});

test.each(["", "/", "//", "/rooms", "/rooms/"])("%j opens the rooms", (address) => {
  expect(parseRoute(address)).toEqual(HOME);
});

test.each([
  "/nowhere",
  "/lost",
  "/rooms/%",
  "/rooms/%E0%B8/info",
  "/rooms/r_1/%ff",
  "/rooms/\ud800",
  "/rooms/r_1/readers",
  "/rooms/r_1/readers/x",
  "/rooms/r_1/message/-1",
  "/rooms/r_1/message/1.5",
  "/rooms/r_1/message/99999999999999999999",
  "/rooms/r_1/message/5/more",
  "/rooms/r_1/info/more",
  "/rooms/r_1/files/f_1",
  "/rooms/r_1/elsewhere/5",
  "/people/u_1/p_2/more",
  "/settings/x",
  "/settings/me/more",
])("%j is lost, and says so", (address) => {
  expect(parseRoute(address)).toEqual({ place: "lost" });
});

test.each([
  ["/rooms/~", true],
  ["/rooms/~/person/p_2", true],
  ["/rooms/~p_none", true],
  ["/rooms/~p_none/info", true],
  ["/rooms/~p_me", true],
  ["/rooms/~p_2/message/3", true],
  ["/rooms/~p_2/readers/3", true],
  ["/rooms/r_1/person/p_none", true],
  ["/people/all/p_none", true],
  ["/people/u_none", true],
  ["/people/u_none/p_2", true],
  ["/rooms/~p_2", false],
  ["/rooms/r_1/person/p_2", false],
  ["/rooms/r_1/person/p_me", false],
  ["/people/u_1/p_2", false],
  ["/people/all", false],
  ["/people", false],
  ["/requests", false],
  ["/settings/me", false],
])("%j means nothing: %j", (address, lost) => {
  const known = { me: "p_me", strangers: new Set(["p_none"]), units: new Set(["u_1"]) };
  expect(meant(parseRoute(address), known).place === "lost").toBe(lost);
});

test("as long as the chart has not come, a unit may be there", () => {
  const route = parseRoute("/people/u_1");
  expect(meant(route, { me: "p_me", strangers: new Set(), units: new Set() })).toEqual(route);
});

/** Numbers from 0 up to `below`, the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = ["/", "%", "%2F", "%E0%B8", "#", "?", "..", " ", "rooms", "people", "settings", "message", "info", "all", "ก", "น้ำ", "😀", "\ud800", "\0", "5", "-1"];

test("whatever is in the address, it is read without an exception, and what was read is written and read again", () => {
  const roll = dice(37);
  for (let i = 0; i < 20_000; i += 1) {
    const address = Array.from({ length: roll(9) }, () => PIECES[roll(PIECES.length)]).join(roll(2) === 0 ? "" : "/");
    const route = parseRoute(address);
    expect(parseRoute(formatRoute(route)), address).toEqual(route);
  }
});

test("every screen has an address that leads back to it, whatever its ids are", () => {
  const roll = dice(73);
  const word = (): string => Array.from({ length: 1 + roll(4) }, () => PIECES[roll(PIECES.length)]).join("").replaceAll("\ud800", "x");
  const sides = [() => null, () => ({ kind: "info" }) as const, () => ({ kind: "readers", n: roll(1e9) }) as const, () => ({ kind: "person", person: word() }) as const];
  const routes: (() => Route)[] = [
    () => roomRoute(word(), sides[roll(4)]?.() ?? null),
    () => messageRoute(word(), roll(1e9)),
    () => ({ place: "people", unit: word(), person: roll(2) === 0 ? word() : null }),
    () => ({ place: "settings", page: SETTINGS_PAGES[roll(SETTINGS_PAGES.length)] ?? null }),
  ];
  for (let i = 0; i < 5_000; i += 1) {
    const route = routes[roll(routes.length)]?.() ?? HOME;
    expect(parseRoute(formatRoute(route)), formatRoute(route)).toEqual(route);
  }
});

test("what lies beside a room goes with the room, on a narrow page too", () => {
  expect(withoutSide(parseRoute("/rooms/r_1/info"))).toEqual(parseRoute("/rooms/r_1"));
  expect(depthOf(withoutSide(parseRoute("/rooms/r_1/readers/3")))).toBe("main");
  for (const other of ["/rooms/r_1", "/requests", "/people/all/p_1"]) expect(withoutSide(parseRoute(other))).toEqual(parseRoute(other));
});
