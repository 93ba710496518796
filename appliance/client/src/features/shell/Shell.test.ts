import { expect, test } from "vitest";

import type { LocationPort } from "#platform/location";

import { ShellModel } from "./ShellModel";

function memoryLocation(start: string): LocationPort & { trail: string[] } {
  const trail = [start];
  const listeners = new Set<() => void>();
  return {
    trail,
    hash: () => trail.at(-1) ?? "",
    push: (hash) => {
      trail.push(hash);
      listeners.forEach((listener) => listener());
    },
    replace: (hash) => {
      trail[trail.length - 1] = hash;
      listeners.forEach((listener) => listener());
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

test("a profile opens beside the open room, and Back leads out step by step", () => {
  const location = memoryLocation("/rooms/r_1");
  const shell = new ShellModel(location);
  shell.openPerson("p_9");
  expect(shell.route.snapshot()).toEqual({ place: "rooms", room: "r_1", side: { kind: "person", person: "p_9" } });
  shell.back();
  expect(location.hash()).toBe("/rooms/r_1");
  shell.back();
  expect(location.hash()).toBe("/rooms");
});

test("without a room a profile opens in the directory", () => {
  const shell = new ShellModel(memoryLocation("/settings/devices"));
  shell.openPerson("p_9");
  expect(shell.route.snapshot()).toEqual({ place: "people", unit: "all", person: "p_9" });
});

test("opening what is open adds no step to the history", () => {
  const location = memoryLocation("/rooms/r_1");
  const shell = new ShellModel(location);
  shell.openRoom("r_1");
  expect(location.trail).toEqual(["/rooms/r_1"]);
});

test("the route keeps its identity while the address does", () => {
  const shell = new ShellModel(memoryLocation("/people"));
  expect(shell.route.snapshot()).toBe(shell.route.snapshot());
});
