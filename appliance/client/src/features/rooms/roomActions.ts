/** What can be done with a room from its row: for the reader alone, nobody else notices but that messages were read. */
import { t } from "@lingui/core/macro";

import { personOfNew } from "#core/newChats";
import type { RoomSummary } from "#core/snapshots";
import type { MenuAction } from "#ui/Menu";

import { isFresh, type RoomListModel } from "./RoomListModel";

/** True for a room that the server knows: one whose first message waits has nothing to set yet. */
export function hasMenu(room: RoomSummary): boolean {
  return personOfNew(room.id) === null;
}

export function roomActions(room: RoomSummary, hidden: boolean, model: RoomListModel, onInfo: () => void): readonly MenuAction[] {
  const { id, muted, pinned, last } = room;
  const reading: MenuAction[] = isFresh(room)
    ? [{ id: "read", icon: "checkAll", label: t`ทำเครื่องหมายว่าอ่านแล้ว`, detail: t`ผู้ส่งจะเห็นว่าท่านอ่านแล้ว`, onAction: () => void model.markRead(id) }]
    : last !== null
      ? [{ id: "unread", icon: "markUnread", label: t`ทำเครื่องหมายว่ายังไม่อ่าน`, onAction: () => void model.markUnread(id, last.n) }]
      : [];
  return [
    ...reading,
    { id: "pin", icon: "pin", label: pinned ? t`เลิกปักหมุด` : t`ปักหมุด`, onAction: () => void model.setPinned(id, !pinned) },
    {
      id: "mute",
      icon: muted ? "bell" : "bellOff",
      label: muted ? t`เปิดเสียงแจ้งเตือน` : t`ปิดเสียงแจ้งเตือน`,
      onAction: () => void model.setMuted(id, !muted),
    },
    {
      id: "hide",
      icon: hidden ? "eye" : "eyeOff",
      label: hidden ? t`แสดงในรายชื่อห้อง` : t`ซ่อนจากรายชื่อห้อง`,
      onAction: () => void model.setHidden(id, !hidden),
    },
    { id: "info", icon: "info", label: t`ข้อมูลและการตั้งค่าห้อง`, onAction: onInfo },
  ];
}
