/**
 * What happened to a room, as a sentence. The shapes are those of the core's notices, told apart by `what`.
 * Rules: names of people, never ids; the reader is «ท่าน», which takes no spaces as names do, so a notice that has the reader
 * in it has a sentence of its own; among others the reader comes first; long lists of names are cut by count, the count
 * is said, and `namesLeftOut` is true for who offers the whole list.
 */
import { i18n, type MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";

import { formatDateTime } from "./dates";

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
  | { readonly what: "closed" }
  | { readonly what: "closed_by_system"; readonly why: string }
  | { readonly what: "damaged" };

/** So many of a list are named. */
export const SHOWN_NAMES = 4;

/** Why the system did something by itself, by the server's code; what an administrator wrote stands as it is. */
const SYSTEM_REASONS: Readonly<Record<string, MessageDescriptor>> = {
  account_ended: msg`บัญชีสิ้นสุดการใช้งาน`,
  removal_request: msg`ตามคำขอ`,
  post: msg`มีผู้ดำรงตำแหน่งคนใหม่`,
  private_chat: msg`เหลือสมาชิกสองคนที่เริ่มการสนทนาส่วนตัวกันไม่ได้`,
};

function systemReason(why: string): string {
  const known = SYSTEM_REASONS[why];
  return known ? i18n._(known) : why;
}

interface News {
  readonly waiting: number;
  readonly answers: number;
  readonly gone: number;
}

/** What somebody has to be told beside messages: requests that wait for them, answers, rooms that are theirs no more. */
export function newsText({ waiting, answers, gone }: News): string {
  const parts = [
    ...(waiting > 0 ? [plural(waiting, { other: "มีคำขอรอท่าน # เรื่อง" })] : []),
    ...(answers > 0 ? [plural(answers, { other: "มีคำตอบถึงท่าน # เรื่อง" })] : []),
    ...(gone > 0 ? [plural(gone, { other: "มีผู้นำท่านออกจากห้อง # ห้อง" })] : []),
  ];
  return parts.join(" · ");
}

interface Left {
  readonly room_name: string;
  readonly at: number;
  readonly why?: string;
}

/** Who took the reader off which room, and when; nobody for the system. That they had asked for it is said. */
export function departureText({ room_name: room, at, why = "" }: Left, actor: string | null | undefined): string {
  const when = formatDateTime(at);
  if (why === "removal_request") {
    return actor ? t`${actor} นำท่านออกจากห้อง “${room}” ตามคำขอของท่าน เมื่อ ${when}` : t`ระบบนำท่านออกจากห้อง “${room}” ตามคำขอของท่าน เมื่อ ${when}`;
  }
  if (actor) return t`${actor} นำท่านออกจากห้อง “${room}” เมื่อ ${when}`;
  const reason = systemReason(why);
  return t`ระบบนำท่านออกจากห้อง “${room}” เมื่อ ${when} (${reason})`;
}

/** Answers the name of an id as far as it is known; `logged` is how the log wrote it at the time. */
type NameOf = (id: string, logged?: string | null) => string;

/** «ก, ข, ค และอีก 12 คน»; all of them where the reader has asked for that. */
function nameList(people: readonly Named[], nameOf: NameOf, whole: boolean): string {
  const names = (whole ? people : people.slice(0, SHOWN_NAMES)).map(({ p, name }) => nameOf(p, name));
  const more = people.length - names.length;
  const shown = names.join(", ");
  return more > 0 ? t`${shown} และ${plural(more, { other: "อีก # คน" })}` : shown;
}

interface Telling {
  readonly nameOf: NameOf;
  readonly me: string;
  readonly whole: boolean;
}

/** Those of a list who are not the reader. */
const othersIn = (people: readonly Named[], me: string): readonly Named[] => people.filter(({ p }) => p !== me);

/** The words for people who were added: that the reader is among them is said first, however many they are. */
function addedText(actor: string, people: readonly Named[], { nameOf, me, whole }: Telling): string {
  const others = othersIn(people, me);
  if (others.length === people.length) {
    const names = nameList(people, nameOf, whole);
    return t`${actor} เพิ่ม ${names} เข้าห้อง`;
  }
  if (others.length === 0) return t`${actor} เพิ่มท่านเข้าห้อง`;
  if (people.length > SHOWN_NAMES && !whole) return t`${actor} เพิ่มท่านและ${plural(others.length, { other: "อีก # คน" })}เข้าห้อง`;
  const names = nameList(others, nameOf, true);
  return t`${actor} เพิ่มท่าน, ${names} เข้าห้อง`;
}

function removedText(actor: string, people: readonly Named[], { nameOf, me, whole }: Telling): string {
  const others = othersIn(people, me);
  const names = nameList(others, nameOf, whole);
  if (others.length === people.length) return t`${actor} นำ ${names} ออกจากห้อง`;
  return others.length === 0 ? t`${actor} นำท่านออกจากห้อง` : t`${actor} นำท่าน, ${names} ออกจากห้อง`;
}

function removedBySystemText(why: string, people: readonly Named[], { nameOf, me, whole }: Telling): string {
  const others = othersIn(people, me);
  const names = nameList(others, nameOf, whole);
  if (others.length === people.length) return t`ระบบนำ ${names} ออกจากห้อง (${why})`;
  return others.length === 0 ? t`ระบบนำท่านออกจากห้อง (${why})` : t`ระบบนำท่าน, ${names} ออกจากห้อง (${why})`;
}

/** Whether the sentence says a number for people whom it could name. */
export function namesLeftOut(notice: RoomNotice): boolean {
  return "people" in notice && notice.people.length > SHOWN_NAMES;
}

/** The sentence once everybody whom it names is known; null until then, when `known` answers null. */
export function noticeOnceNamed(notice: RoomNotice, sender: string | null, known: (id: string, logged?: string | null) => string | null, me: string): string | null {
  const unnamed: string[] = [];
  const nameOf: NameOf = (id, logged) => {
    const name = known(id, logged);
    if (name === null) unnamed.push(id);
    return name ?? "";
  };
  const text = noticeText(notice, sender, nameOf, me);
  return unnamed.length === 0 ? text : null;
}

/** The sentence; `me` is its reader, who is «ท่าน» in it; `whole` names everybody. */
export function noticeText(notice: RoomNotice, sender: string | null, nameOf: NameOf, me: string, whole = false): string {
  if (sender === me) return ownText(notice, { nameOf, me, whole }) ?? textOf(notice, t`ท่าน`, { nameOf, me, whole });
  return textOf(notice, sender === null ? t`ระบบ` : nameOf(sender), { nameOf, me, whole });
}

/** What the reader did; null for what nobody does. */
function ownText(notice: RoomNotice, { nameOf, me, whole }: Telling): string | null {
  switch (notice.what) {
    case "created": {
      const { name } = notice;
      return name === null ? t`ท่านเริ่มการสนทนา` : t`ท่านสร้างห้อง “${name}”`;
    }
    case "added": {
      const names = nameList(othersIn(notice.people, me), nameOf, whole);
      return t`ท่านเพิ่ม ${names} เข้าห้อง`;
    }
    case "removed": {
      const names = nameList(othersIn(notice.people, me), nameOf, whole);
      return t`ท่านนำ ${names} ออกจากห้อง`;
    }
    case "transferred": {
      const to = nameOf(notice.to);
      return t`ท่านมอบสิทธิ์เจ้าของห้องให้ ${to}`;
    }
    case "renamed": {
      const { name, old } = notice;
      return old === null || old === "" ? t`ท่านเปลี่ยนชื่อห้องเป็น “${name}”` : t`ท่านเปลี่ยนชื่อห้องจาก “${old}” เป็น “${name}”`;
    }
    case "closed":
      return t`ท่านปิดห้องนี้`;
    case "damaged":
    case "removed_by_system":
    case "reassigned":
    case "closed_by_system":
      return null;
  }
}

function textOf(notice: RoomNotice, actor: string, telling: Telling): string {
  const { nameOf, me } = telling;
  switch (notice.what) {
    case "damaged":
      return t`รายการนี้เสียหายในระบบจัดเก็บ จึงแสดงไม่ได้`;
    case "created": {
      const { name } = notice;
      return name === null ? t`${actor} เริ่มการสนทนา` : t`${actor} สร้างห้อง “${name}”`;
    }
    case "added":
      return addedText(actor, notice.people, telling);
    case "removed":
      return removedText(actor, notice.people, telling);
    case "removed_by_system":
      return removedBySystemText(systemReason(notice.why), notice.people, telling);
    case "transferred": {
      if (notice.to === me) return t`${actor} มอบสิทธิ์เจ้าของห้องให้ท่าน`;
      const to = nameOf(notice.to);
      return t`${actor} มอบสิทธิ์เจ้าของห้องให้ ${to}`;
    }
    case "reassigned": {
      const why = systemReason(notice.why);
      if (notice.to === me) return t`ระบบมอบสิทธิ์เจ้าของห้องให้ท่าน (${why})`;
      const to = nameOf(notice.to);
      return t`ระบบมอบสิทธิ์เจ้าของห้องให้ ${to} (${why})`;
    }
    case "renamed": {
      const { name, old } = notice;
      return old === null || old === "" ? t`${actor} เปลี่ยนชื่อห้องเป็น “${name}”` : t`${actor} เปลี่ยนชื่อห้องจาก “${old}” เป็น “${name}”`;
    }
    case "closed":
      return t`${actor} ปิดห้องนี้`;
    case "closed_by_system": {
      const why = systemReason(notice.why);
      return t`ระบบปิดห้องนี้ (${why})`;
    }
  }
}
