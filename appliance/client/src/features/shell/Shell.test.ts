import { expect, test } from "vitest";

import { fakeTab } from "#platform/fixtures";
import { PageLocation } from "#platform/location";

import { ShellModel } from "./ShellModel";

function open(start: string) {
  const tab = fakeTab(start);
  return { ...tab, shell: new ShellModel(new PageLocation(tab.port)) };
}

test("a profile opens beside the open room, and Back leads out step by step", () => {
  const { shell, hash } = open("/rooms/r_1");
  shell.openPerson("p_9");
  expect(shell.route.snapshot()).toEqual({ place: "rooms", room: "r_1", message: null, side: { kind: "person", person: "p_9" } });
  shell.back();
  expect(hash()).toBe("/rooms/r_1");
  shell.back();
  expect(hash()).toBe("/rooms");
});

test("without a room a profile opens in the directory", () => {
  const { shell } = open("/settings/devices");
  shell.openPerson("p_9");
  expect(shell.route.snapshot()).toEqual({ place: "people", unit: "all", person: "p_9" });
});

test("opening what is open adds no step to the history", () => {
  const { shell, length } = open("/rooms/r_1");
  shell.openRoom("r_1");
  expect(length()).toBe(1);
});

test("the route keeps its identity while the address does", () => {
  const { shell } = open("/people");
  expect(shell.route.snapshot()).toBe(shell.route.snapshot());
});

test("hits are opened one after the other beside the search, and Back leads from hit to hit to where it began", () => {
  const { shell, hash, back } = open("/rooms/r_1/info");
  shell.openSearch();
  expect([hash(), shell.search.snapshot()]).toEqual(["/rooms/r_1", "front"]);
  shell.openMessage("r_1", 5);
  shell.openMessage("r_2", 7);
  shell.openMessage("r_2", 6, true);
  expect([hash(), shell.search.snapshot()]).toEqual(["/rooms/r_2/message/6", "behind"]);
  back();
  expect(hash()).toBe("/rooms/r_1/message/5");
  back();
  expect([hash(), shell.search.snapshot()]).toEqual(["/rooms/r_1", "front"]);
  back();
  expect([hash(), shell.search.snapshot()]).toEqual(["/rooms/r_1/info", "closed"]);
});

test("called again from behind a message the search comes to the front, and Back returns to the message", () => {
  const { shell, hash, back } = open("/people");
  shell.openSearch();
  shell.openMessage("r_1", 5);
  shell.openSearch();
  expect(shell.search.snapshot()).toBe("front");
  back();
  expect([hash(), shell.search.snapshot()]).toEqual(["/rooms/r_1/message/5", "closed"]);
});

test("closing the search leaves the page that is open and is passed over by Back", () => {
  const { shell, hash, back } = open("/rooms");
  shell.openRoom("r_1");
  shell.openSearch();
  shell.closeSearch();
  expect([hash(), shell.search.snapshot()]).toEqual(["/rooms/r_1", "closed"]);
  back();
  expect(hash()).toBe("/rooms");
});

test("an address that leads nowhere leads out to the rooms", () => {
  const { shell, hash } = open("/rooms/%");
  expect(shell.route.snapshot()).toEqual({ place: "lost" });
  shell.back();
  expect(hash()).toBe("/rooms");
});
