/**
 * Who may do what in a room: the twin of the server's rules (appliance/rules/rooms.py, messages.py).
 *
 * Pure: values in, Deny code or null out. The cases both must agree on are tests/rules/tables/*.json. The server decides;
 * this only tells a view what the server would say, so that a button is greyed out with the same reason as the refusal.
 */

import { hasOwnersRights, isAmong, policyOf } from "./policy";
import { type Ability, takes } from "./registry";

export type Deny =
  | "not_a_member"
  | "not_owner"
  | "room_closed"
  | "direct_room_fixed"
  | "owner_must_transfer"
  | "owner_adds_directly"
  | "not_author"
  | "not_a_message"
  | "message_retracted"
  | "edit_window_over"
  | "retract_window_over"
  | "mass_mention_limit"
  | "files_not_allowed"
  | "too_many_files"
  | "label_too_high"
  | "room_full";

export type Role = "owner" | "member";

/** What the rules need of a room. */
export interface RuleRoom {
  readonly kind: string;
  readonly closed: boolean;
  readonly memberCount: number;
}

/** The facts of a message that an edit, a retraction or a reaction points at. */
export interface RuleTarget {
  readonly type: string;
  readonly sender: string;
  readonly at: number;
  readonly redacted: boolean;
}

export const EDIT_WINDOW_MS = 24 * 3_600_000;
export const RETRACT_WINDOW_MS = 24 * 3_600_000;
/** Files of one message, as the server counts (appliance/attachments.py). */
export const MAX_FILES = 20;
/** Above this many members only the owner may call everyone (C11). */
export const EVERYONE_MEMBERS = 50;

/** What is the owner's alone: members, name, end and handing over of the room. */
function ownersRight(room: RuleRoom, role: Role): Deny | null {
  if (!hasOwnersRights(policyOf(room.kind))) return "direct_room_fixed";
  return role === "owner" ? null : "not_owner";
}

function allowed(who: string, role: Role): Deny | null {
  return isAmong(who, role) ? null : "not_owner";
}

function memberOfOpen(room: RuleRoom, role: Role | null): Deny | null {
  if (role === null) return "not_a_member";
  return room.closed ? "room_closed" : null;
}

/** Whoever posts in this kind of room. */
export function mayPost(room: RuleRoom, role: Role | null): Deny | null {
  return memberOfOpen(room, role) ?? allowed(policyOf(room.kind).may_post, role as Role);
}

/** Members who send files in this kind of room, where they may post. */
export function mayAttach(room: RuleRoom, role: Role | null): Deny | null {
  const denied = mayPost(room, role);
  if (denied !== null) return denied;
  return isAmong(policyOf(room.kind).may_send_files, role as Role) ? null : "files_not_allowed";
}

/** F36: only the owner, and a private chat has no name. */
export function mayRename(room: RuleRoom, role: Role | null): Deny | null {
  return memberOfOpen(room, role) ?? ownersRight(room, role as Role);
}

/** F41: a member who is not the owner, in a group. */
export function mayAskRemoval(room: RuleRoom, role: Role | null): Deny | null {
  return mayAskOwner(room, role, "owner_must_transfer");
}

/** F34: a member who is not the owner suggests people to the owner, in a group. */
export function maySuggest(room: RuleRoom, role: Role | null): Deny | null {
  return mayAskOwner(room, role, "owner_adds_directly");
}

function mayAskOwner(room: RuleRoom, role: Role | null, instead: Deny): Deny | null {
  const denied = memberOfOpen(room, role);
  if (denied !== null) return denied;
  if (!hasOwnersRights(policyOf(room.kind))) return "direct_room_fixed";
  return role === "owner" ? instead : null;
}

/** In a large room only the owner may call everyone. */
export function mayMentionEveryone(room: RuleRoom, role: Role | null): Deny | null {
  const denied = memberOfOpen(room, role);
  if (denied !== null) return denied;
  if (role === "owner" || policyOf(room.kind).calls_everyone || room.memberCount <= EVERYONE_MEMBERS) return null;
  return "mass_mention_limit";
}

/** Only the author, only a standing message, within the window. */
export function mayEdit(
  room: RuleRoom,
  role: Role | null,
  person: string,
  target: RuleTarget | null,
  now: number,
): Deny | null {
  const denied = memberOfOpen(room, role) ?? standing(target, "edit");
  if (denied !== null || target === null) return denied;
  if (target.sender !== person) return "not_author";
  return Math.abs(now - target.at) > EDIT_WINDOW_MS ? "edit_window_over" : null;
}

/** The author within the window; the owner of a group at any time (a private chat belongs to both). */
export function mayRedact(
  room: RuleRoom,
  role: Role | null,
  person: string,
  target: RuleTarget | null,
  now: number,
): Deny | null {
  const denied = memberOfOpen(room, role) ?? standing(target, "retract");
  if (denied !== null || target === null) return denied;
  if (role === "owner" && policyOf(room.kind).owner_retracts) return null;
  if (target.sender !== person) return "not_author";
  return Math.abs(now - target.at) > RETRACT_WINDOW_MS ? "retract_window_over" : null;
}

/** Whoever reacts in this kind of room, to a standing message. */
export function mayReact(room: RuleRoom, role: Role | null, target: RuleTarget | null): Deny | null {
  return memberOfOpen(room, role) ?? standing(target, "react") ?? allowed(policyOf(room.kind).may_react, role as Role);
}

function standing(target: RuleTarget | null, ability: Ability): Deny | null {
  if (target === null || !takes(target.type, ability)) return "not_a_message";
  return target.redacted ? "message_retracted" : null;
}

/** For every action the person may not take here, the reason's code: what a view greys out. */
export function deniedActions(room: RuleRoom, role: Role | null): Record<string, Deny> {
  if (role === null) return {};
  const owner = mayRename(room, role);
  const reasons: Record<string, Deny | null> = {
    post: mayPost(room, role),
    attach: mayAttach(room, role),
    rename: owner,
    close: owner,
    add: owner,
    remove: owner,
    transfer: owner,
    ask_removal: mayAskRemoval(room, role),
    suggest: maySuggest(room, role),
    mention_everyone: mayMentionEveryone(room, role),
  };
  return Object.fromEntries(Object.entries(reasons).filter((pair): pair is [string, Deny] => pair[1] !== null));
}
