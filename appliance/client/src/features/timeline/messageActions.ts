/** The menu of one message, in the order of use. An action that is never ours to take is left out; one that a rule or the
 * clock forbids stays, with the reason. */
import { t } from "@lingui/core/macro";

import type { MessageItem, PendingItem } from "#core/snapshots";
import { deniedText } from "#i18n/reasons";
import type { MenuAction } from "#ui/Menu";

import type { TimelineModel } from "./TimelineModel";

export interface MessageCommands {
  reply: () => void;
  react: () => void;
  /** Looking at its files, and taking its only file off the system; null where that is not to be done. */
  open: (() => void) | null;
  download: (() => void) | null;
  copy: () => void;
  copyAddress: () => void;
  edit: () => void;
  history: () => void;
  readers: () => void;
  markUnread: () => void;
  retract: () => void;
}

export function messageActions(item: MessageItem, model: TimelineModel, run: MessageCommands): MenuAction[] {
  const why = (action: "edit" | "retract" | "react") => model.denied(action, item) ?? undefined;
  const [edit, retract, react] = [why("edit"), why("retract"), why("react")];
  const gone = item.hidden !== null;
  return [
    { id: "reply", icon: "reply" as const, label: t`ตอบกลับ`, onAction: run.reply, denied: deniedText(react) },
    { id: "react", icon: "reaction" as const, label: t`แสดงความรู้สึก`, onAction: run.react, denied: deniedText(react) },
    ...(run.open === null ? [] : [{ id: "open", icon: "image" as const, label: t`เปิดไฟล์`, onAction: run.open }]),
    ...(run.download === null ? [] : [{ id: "download", icon: "download" as const, label: t`ดาวน์โหลดไฟล์`, onAction: run.download }]),
    ...(gone || item.text.trim() === "" ? [] : [{ id: "copy", icon: "copy" as const, label: t`คัดลอกข้อความ`, onAction: run.copy }]),
    { id: "address", icon: "link" as const, label: t`คัดลอกที่อยู่ของข้อความ`, onAction: run.copyAddress },
    ...(item.mine && !gone ? [{ id: "edit", icon: "edit" as const, label: t`แก้ไข`, onAction: run.edit, denied: deniedText(edit) }] : []),
    ...(item.edited === null ? [] : [{ id: "history", icon: "history" as const, label: t`ประวัติการแก้ไข`, onAction: run.history }]),
    { id: "readers", icon: "eye" as const, label: t`ผู้อ่านข้อความนี้`, onAction: run.readers },
    { id: "unread", icon: "markUnread" as const, label: t`ทำเครื่องหมายว่ายังไม่อ่าน`, onAction: run.markUnread },
    ...(gone || retract === "not_author"
      ? []
      : [{ id: "retract", icon: "retract" as const, label: t`เรียกคืนข้อความ`, onAction: run.retract, denied: deniedText(retract), danger: true }]),
  ];
}

export interface PendingCommands {
  edit: () => void;
  copy: () => void;
  cancel: () => void;
}

/** The menu of a message that is not sent yet; on its way, it can only be copied. */
export function pendingActions(item: PendingItem, run: PendingCommands): MenuAction[] {
  const { delivery, tried } = item;
  const left = tried ? t`ข้อความนี้อาจถึงเครื่องแม่ข่ายแล้ว แก้ไขได้เมื่อส่งเสร็จ` : undefined;
  return [
    { id: "copy", icon: "copy", label: t`คัดลอกข้อความ`, onAction: run.copy },
    ...(delivery.kind === "sending"
      ? []
      : [
          { id: "edit", icon: "edit" as const, label: t`แก้ไข`, onAction: run.edit, denied: left },
          { id: "cancel", icon: "retract" as const, label: t`ยกเลิกการส่ง`, onAction: run.cancel, danger: true },
        ]),
  ];
}
