import { expect, test } from "vitest";

import type { RoomView } from "./protocol";
import { applyToRoom, withView } from "./roomState";

const ME = "p_a";
const MEMBERS = [ME, "p_b"].map((person) => ({ person, name: person, role: person === ME ? "member" : "owner", since: 0, read: 0 }));
const VIEW: RoomView = { id: "r", kind: "group", name: "ห้อง", owner: "p_b", scope: "local", role: "member", member_count: 2, created: 1, size: 4, unread: 0, mentions: 0, read: 3 };
const HANDED_OVER = { at: 2, room: "r", n: 4, id: "e_4", sender: "p_b", type: "owner.transfer", state: { to: ME } };

test("members whom a view is ahead of are asked for again, until a view says who they are", () => {
  const opened = withView(null, { ...VIEW, members: MEMBERS }, ME);
  const ahead = withView(opened, { ...VIEW, size: 5, owner: ME, role: "owner", muted: true }, ME);
  expect(ahead.stale).toBe(true);
  const told = applyToRoom(ahead, HANDED_OVER, ME);
  expect(told?.view.members).toEqual(MEMBERS);
  const again = withView(told, { ...VIEW, size: 5, owner: ME, role: "owner" }, ME);
  expect(again.stale).toBe(true);
  expect(withView(again, { ...VIEW, size: 5, owner: ME, role: "owner", members: MEMBERS }, ME).stale).toBe(false);
});

test("a view without members that is ahead of nothing, or of members never read, leaves nothing to ask", () => {
  const opened = withView(null, { ...VIEW, members: MEMBERS }, ME);
  expect(withView(opened, { ...VIEW, muted: true }, ME).stale).toBe(false);
  expect(withView(withView(null, VIEW, ME), { ...VIEW, size: 5 }, ME).stale).toBe(false);
});
