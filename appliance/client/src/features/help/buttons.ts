/** The buttons that Help names: each with the icon and the very message of the button itself, which a test holds together. */
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

import type { IconName } from "#ui/Icon";

interface NamedButton {
  readonly icon: IconName | null;
  readonly label: MessageDescriptor;
}

export const BUTTONS = {
  start: { icon: "add", label: msg`เริ่มการสนทนา` },
  chat: { icon: "person", label: msg`สนทนาส่วนตัว` },
  newRoom: { icon: "group", label: msg`สร้างห้องใหม่` },
  attach: { icon: "clip", label: msg`แนบไฟล์` },
  voice: { icon: "microphone", label: msg`บันทึกข้อความเสียง` },
  search: { icon: "search", label: msg`ค้นหา` },
  readers: { icon: "eye", label: msg`ผู้อ่านข้อความนี้` },
  message: { icon: "more", label: msg`ตัวเลือกของข้อความนี้` },
  roomInfo: { icon: "info", label: msg`ข้อมูลและการตั้งค่าห้อง` },
  askRemoval: { icon: "removePerson", label: msg`ขอออกจากห้อง` },
  requests: { icon: "inbox", label: msg`คำขอ` },
  unread: { icon: "markUnread", label: msg`ทำเครื่องหมายว่ายังไม่อ่าน` },
  pin: { icon: "pin", label: msg`ปักหมุด` },
  mute: { icon: "bellOff", label: msg`ปิดเสียงแจ้งเตือน` },
  hide: { icon: "eyeOff", label: msg`ซ่อนจากรายชื่อห้อง` },
  settings: { icon: "settings", label: msg`ตั้งค่า` },
  notifications: { icon: "bell", label: msg`การแจ้งเตือน` },
  devices: { icon: "device", label: msg`อุปกรณ์และการเข้าใช้งาน` },
  disown: { icon: null, label: msg`แจ้งว่าไม่ใช่ของท่าน` },
  security: { icon: "shield", label: msg`รหัสผ่านและการยืนยันตัวตน` },
  about: { icon: "info", label: msg`เกี่ยวกับระบบ` },
} as const satisfies Record<string, NamedButton>;

export type ButtonName = keyof typeof BUTTONS;
