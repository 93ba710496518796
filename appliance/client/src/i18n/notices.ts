/**
 * What happened to a room, as a sentence. The shapes are those of the core's notices, told apart by `what`.
 * Rules: names of people, never ids; long lists of names are cut by count, and the count is said.
 */
import { plural, t } from "@lingui/core/macro";

import { reasonText } from "./reasons";

interface Named {
  readonly p: string;
  readonly name: string | null;
}

export type RoomNotice =
  | { readonly what: "created"; readonly name: string | null }
  | { readonly what: "added" | "removed"; readonly people: readonly Named[] }
  | { readonly what: "removed_by_system"; readonly people: readonly Named[]; readonly why: string }
  | { readonly what: "transferred"; readonly to: string }
  | { readonly what: "reassigned"; readonly to: string; readonly why: string }
  | { readonly what: "renamed"; readonly name: string; readonly old: string | null }
  | { readonly what: "closed" };

const SHOWN_NAMES = 4;

/** «ก, ข, ค และอีก 12 คน». `nameOf` answers the name of an id as far as it is known. */
function nameList(people: readonly Named[], nameOf: (id: string) => string): string {
  const names = people.slice(0, SHOWN_NAMES).map((person) => person.name ?? nameOf(person.p));
  const more = people.length - names.length;
  const shown = names.join(", ");
  return more > 0 ? t`${shown} และ${plural(more, { other: "อีก # คน" })}` : shown;
}

export function noticeText(notice: RoomNotice, sender: string | null, nameOf: (id: string) => string): string {
  const actor = sender === null ? t`ระบบ` : nameOf(sender);
  switch (notice.what) {
    case "created": {
      const { name } = notice;
      return name === null ? t`${actor} เริ่มการสนทนา` : t`${actor} สร้างห้อง «${name}»`;
    }
    case "added": {
      const names = nameList(notice.people, nameOf);
      return t`${actor} เพิ่ม ${names} เข้าห้อง`;
    }
    case "removed": {
      const names = nameList(notice.people, nameOf);
      return t`${actor} นำ ${names} ออกจากห้อง`;
    }
    case "removed_by_system": {
      const names = nameList(notice.people, nameOf);
      const why = reasonText(notice.why, notice.why);
      return t`ระบบนำ ${names} ออกจากห้อง (${why})`;
    }
    case "transferred": {
      const to = nameOf(notice.to);
      return t`${actor} โอนสิทธิ์เจ้าของห้องให้ ${to}`;
    }
    case "reassigned": {
      const to = nameOf(notice.to);
      const why = reasonText(notice.why, notice.why);
      return t`ระบบมอบสิทธิ์เจ้าของห้องให้ ${to} (${why})`;
    }
    case "renamed": {
      const { name } = notice;
      return t`${actor} เปลี่ยนชื่อห้องเป็น «${name}»`;
    }
    case "closed":
      return t`${actor} ปิดห้อง`;
  }
}
