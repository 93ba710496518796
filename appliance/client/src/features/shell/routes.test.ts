import { expect, test } from "vitest";

import { depthOf, formatRoute, HOME, parseRoute, type Route, roomRoute } from "./routes";

const ROUTES: [string, Route, string][] = [
  ["/rooms", HOME, "list"],
  ["/rooms/r_1", roomRoute("r_1"), "main"],
  ["/rooms/r_1/info", roomRoute("r_1", { kind: "info" }), "side"],
  ["/rooms/r_1/readers/12", roomRoute("r_1", { kind: "readers", n: 12 }), "side"],
  ["/rooms/r_1/person/p_2", roomRoute("r_1", { kind: "person", person: "p_2" }), "side"],
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

test.each([["", HOME], ["/nowhere", HOME], ["/rooms/r_1/readers/x", roomRoute("r_1")], ["/rooms/%", roomRoute("%")], ["/rooms/%E0%B8/info", roomRoute("%E0%B8", { kind: "info" })], ["/settings/x", { place: "settings", page: null }]])(
  "%s means the nearest known screen",
  (address, route) => {
    expect(parseRoute(address)).toEqual(route);
  },
);
