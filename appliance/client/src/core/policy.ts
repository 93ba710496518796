/**
 * What holds in a kind of room: the row of the server's table (`roomPolicies.ts`, made from appliance/rules/policy.py).
 *
 * Pure. Rules, lists and screens ask the policy and never the kind. A kind without a row, and a value without a meaning, allow
 * nothing: such a room is read.
 */

import { NOTHING_ALLOWED, ROOM_POLICIES } from "./roomPolicies";

export { CHAT_KIND, NEW_ROOM_KIND } from "./roomPolicies";

/** The fields are text, since a newer server may know values that this client does not. */
export interface RoomPolicy {
  readonly members: string;
  readonly may_post: string;
  readonly may_react: string;
  readonly may_send_files: string;
  readonly label_ceiling: number;
  readonly owner_retracts: boolean;
  readonly calls_everyone: boolean;
  readonly smallest: number;
  readonly tells_changes: boolean;
  readonly body_key: string;
  readonly searchable: boolean;
  readonly federates: boolean;
  readonly title: string;
  readonly icon: string;
}

const POLICIES: ReadonlyMap<string, RoomPolicy> = new Map(Object.entries(ROOM_POLICIES));

export function policyOf(kind: string): RoomPolicy {
  return POLICIES.get(kind) ?? NOTHING_ALLOWED;
}

/** A private chat: one who began it and the other person, for good. */
export const isPair = ({ members }: RoomPolicy): boolean => members === "pair";

/** A room in which the owner adds and removes people, and members ask the owner. */
export const hasOwnersRights = ({ members }: RoomPolicy): boolean => members === "owner_adds";

/** A room that is called by the other person in it. */
export const isCalledByOther = ({ title }: RoomPolicy): boolean => title === "other";

/** Whether a member with this part in the room is among `who`. */
export function isAmong(who: string, role: "owner" | "member"): boolean {
  return who === "members" || (who === "owner" && role === "owner");
}
