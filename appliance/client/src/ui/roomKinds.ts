/** The words for kinds and scopes of rooms; always shown beside an icon, never as colour alone (C20). */
import type { MessageDescriptor } from "@lingui/core";
import { i18n } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";

import type { RoomView } from "#core/protocol";
import type { ROOM_POLICIES } from "#core/roomPolicies";

import { nameOf } from "./names";

/** One word for each kind; a kind that the server has and this table has not is a compile error. */
export const KIND_TEXTS: Readonly<Record<keyof typeof ROOM_POLICIES, MessageDescriptor>> = {
  direct: msg`สนทนาส่วนตัว`,
  group: msg`ห้องกลุ่ม`,
};

const TEXTS: ReadonlyMap<string, MessageDescriptor> = new Map(Object.entries(KIND_TEXTS));

/** The word for a kind of room; of one that only a newer server knows, that it is a room. */
export function kindText(kind: string): string {
  const text = TEXTS.get(kind);
  return text === undefined ? t`ห้อง` : i18n._(text);
}

export function scopeText(scope: string): string {
  return scope === "local" ? t`ภายในหน่วยงาน` : t`ข้ามหน่วยงาน`;
}

/** The scope with the agencies by name, the hub's first: always in sight where people write (F01). */
export function scopeAndAgencies({ scope, agencies = [] }: Pick<RoomView, "scope" | "agencies">): string {
  if (agencies.length === 0) return scopeText(scope);
  const named = agencies.slice(0, NAMED).map(nameOf).join(", ");
  const others = agencies.length - NAMED;
  const names = others > 0 ? plural(others, { other: `${named} และอีก # หน่วยงาน` }) : named;
  return t`ข้ามหน่วยงาน: ${names}`;
}

/** Whether an agency of a room can be reached, in words; null where there is nothing to say. */
export function reachText(status: string): string | null {
  const text = REACHES.get(status);
  return text === undefined ? null : i18n._(text);
}

const NAMED = 3;
const REACHES: ReadonlyMap<string, MessageDescriptor> = new Map([
  ["unreachable", msg`ติดต่อไม่ได้ในขณะนี้`],
  ["suspended", msg`ถูกระงับการเชื่อมต่อ`],
  ["revoked", msg`ถูกเพิกถอนการเชื่อมต่อ`],
]);
