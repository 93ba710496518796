import { expect, test } from "vitest";

import { concerned } from "./concerns";
import { hasOwnersRights, isAmong, isPair, policyOf } from "./policy";
import { deniedActions, mayPost, mayReact, mayRedact, type RuleRoom } from "./rules";

const room = (kind: string): RuleRoom => ({ kind, closed: false, memberCount: 3 });
const target = { type: "message.text", sender: "p_b", at: 0, redacted: false };

test.each(["broadcast", "", "toString", "__proto__"])("a room of an unknown kind (%s) is read, and nothing else", (kind) => {
  for (const role of ["owner", "member"] as const) {
    expect(mayPost(room(kind), role)).toBe("not_owner");
    expect(mayReact(room(kind), role, target)).toBe("not_owner");
    expect(deniedActions(room(kind), role)).toMatchObject({ post: "not_owner", add: "direct_room_fixed", ask_removal: "direct_room_fixed" });
  }
  expect(mayRedact(room(kind), "owner", "p_a", target, 0)).toBe("not_author");
  expect(concerned(kind, { type: "room.rename", sender: "p_a", state: { name: "ใหม่" } })).toEqual([]);
  expect(isPair(policyOf(kind)) || hasOwnersRights(policyOf(kind))).toBe(false);
});

test("who is among whom; a word without a meaning is nobody", () => {
  expect([isAmong("members", "member"), isAmong("owner", "owner")]).toEqual([true, true]);
  expect([isAmong("owner", "member"), isAmong("nobody", "owner"), isAmong("publishers", "owner")]).toEqual([false, false, false]);
});
