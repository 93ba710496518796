import { expect, test } from "vitest";

import type { Core } from "#core/index";
import { Store } from "#core/store";

import { ProfileModel } from "./ProfileModel";

const summary = (id: string, more: object = {}) => ({ id, kind: "group", title: `ห้อง ${id}`, other: null, closed: false, ...more });
const room = (owner: string, members: readonly string[]) => new Store({ view: { owner }, members: members.map((person) => ({ person })) });

function model(person: string): ProfileModel {
  const rooms = [summary("r_direct", { kind: "direct", other: "p_1" }), summary("r_closed", { closed: true }), summary("r_unread"), summary("r_1"), summary("r_2")];
  const known: Record<string, Store<unknown>> = {
    r_direct: room("p_1", ["p_1"]),
    r_closed: room("p_1", ["p_1"]),
    r_1: room("p_owner", []),
    r_2: room("p_me", ["p_1", "p_me"]),
  };
  const core = { rooms: { list: new Store({ rooms }), room: (id: string) => known[id] ?? new Store(null) } };
  return new ProfileModel(core as unknown as Core, person);
}

test.each([
  ["p_1", "ห้อง r_2"],
  ["p_owner", "ห้อง r_1"],
  ["p_nobody", null],
])("%s, who may not be written to, is reached in the open room of both: %s", (person, common) => {
  expect(model(person).commonRoom()).toBe(common);
});
