import { expect, test } from "vitest";

import type { Event, RoomView } from "../protocol";
import { isMessage, takes } from "../registry";
import { asEntry, kindOf, type Kinds, KINDS } from ".";
import type { EntryKind } from "./kind";

const view = { id: "r", kind: "group", owner: "p_a", member_count: 2 } as RoomView;

test("a type that the wire has and the table has not does not compile", () => {
  const { "message.text": _, ...rest } = KINDS;
  // @ts-expect-error -- one row is missing
  const incomplete: Kinds = rest;
  expect(Object.keys(incomplete)).toHaveLength(Object.keys(KINDS).length - 1);
});

test("a row that leaves something undecided does not compile", () => {
  const { effect: _, ...rest } = KINDS.shred;
  // @ts-expect-error -- one field is missing
  const undecided: EntryKind<unknown> = rest;
  expect(undecided).not.toHaveProperty("effect");
});

test.each(["poll.create", "toString", "constructor"])("what only a newer server knows (%s) changes nothing, shows nothing and concerns nobody", (type) => {
  const event: Event = { type, at: 1, room: "r", n: 3, sender: "p_a", state: { members: ["p_me"] }, body: { text: "?" } };
  const kind = kindOf(event);
  expect(kind.apply(view, asEntry(event), "p_me")).toBe(view);
  expect(kind.item(asEntry(event), null as never)).toBeNull();
  expect([kind.concerns(asEntry(event)), kind.erases(asEntry(event)), isMessage(event), kind.effect]).toEqual([[], null, false, null]);
  expect(takes(type, "react")).toBe(false);
  expect(kind.quote(asEntry(event))).toEqual({ kind: "gone", n: 3 });
});
