/** The words for kinds and scopes of rooms; always shown beside an icon, never as colour alone (C20). */
import type { MessageDescriptor } from "@lingui/core";
import { i18n } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";

import type { ROOM_POLICIES } from "#core/roomPolicies";

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
