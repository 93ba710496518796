/** What we may not do in a room, as its view stands: the rules (`rules.ts`) asked with what the view says. */

import type { RoomView } from "./protocol";
import { deniedActions, type Role, type RuleRoom } from "./rules";

export function ruleRoom(view: RoomView): RuleRoom {
  return { kind: view.kind, closed: view.closed ?? false, memberCount: view.member_count };
}

export function roleIn(view: RoomView): Role {
  return view.role === "owner" ? "owner" : "member";
}

/** The view with what is denied in it found anew. */
export function withDenied(view: RoomView): RoomView {
  // The server alone knows when a room is whole again.
  if (view.damaged === true) return view;
  const { denied: _, ...rest } = view;
  const denied = deniedActions(ruleRoom(view), roleIn(view));
  return Object.keys(denied).length === 0 ? rest : { ...rest, denied };
}
