/**
 * The words for every code the server may answer or the rules may give.
 *
 * Rules: one text per code, the same under a greyed-out button and after a refusal; a refused private chat says nothing
 * of rank (F38); login never says which half was wrong. An unknown code falls back to the server's own message.
 */
import { msg, t } from "@lingui/core/macro";
import { i18n, type MessageDescriptor } from "@lingui/core";

const REASONS: Readonly<Record<string, MessageDescriptor>> = {
  not_a_member: msg`ท่านไม่ได้เป็นสมาชิกของห้องนี้`,
  not_owner: msg`เฉพาะเจ้าของห้องเท่านั้นที่ทำได้`,
  room_closed: msg`ห้องนี้ปิดแล้ว อ่านย้อนหลังได้เท่านั้น`,
  direct_room_fixed: msg`ห้องสนทนาส่วนตัวเปลี่ยนสมาชิกหรือชื่อไม่ได้`,
  already_member: msg`เป็นสมาชิกของห้องนี้อยู่แล้ว`,
  target_not_member: msg`บุคคลนี้ไม่ได้เป็นสมาชิกของห้อง`,
  owner_must_transfer: msg`เจ้าของห้องต้องโอนสิทธิ์ให้สมาชิกอื่นก่อน`,
  cannot_leave: msg`ออกจากห้องเองไม่ได้ แต่ขอให้เจ้าของห้องนำชื่อออกได้`,
  person_not_active: msg`บัญชีของบุคคลนี้ไม่เปิดใช้งาน`,
  contact_not_allowed: msg`ไม่สามารถเริ่มสนทนาส่วนตัวกับบุคคลนี้ได้`,
  not_author: msg`เฉพาะผู้เขียนข้อความเท่านั้นที่ทำได้`,
  not_a_message: msg`รายการนี้ไม่ใช่ข้อความ`,
  message_retracted: msg`ข้อความนี้ถูกเรียกคืนแล้ว`,
  edit_window_over: msg`พ้นกำหนดเวลาแก้ไขข้อความแล้ว`,
  retract_window_over: msg`พ้นกำหนดเวลาเรียกคืนข้อความแล้ว`,
  mass_mention_limit: msg`กล่าวถึงทุกคนในห้องขนาดนี้ไม่ได้`,
  room_full: msg`ห้องมีสมาชิกครบจำนวนสูงสุดแล้ว`,
  request_pending: msg`ส่งคำขอแล้ว รอเจ้าของห้องตอบ`,
  request_too_soon: msg`คำขอก่อนหน้าเพิ่งได้รับคำตอบ โปรดเว้นระยะก่อนขอใหม่`,
  role_required: msg`ต้องมีบทบาทที่กำหนดจึงจะทำได้`,
  account_suspended: msg`บัญชีนี้ถูกระงับชั่วคราว โปรดติดต่อผู้ดูแลระบบของหน่วยงาน`,
  account_revoked: msg`บัญชีนี้ถูกเพิกถอนแล้ว โปรดติดต่อผู้ดูแลระบบของหน่วยงาน`,
  second_person_required: msg`ต้องมีผู้อนุมัติอีกหนึ่งคน`,
  hub_only: msg`ทำได้เฉพาะที่หน่วยงานเจ้าของห้อง`,
  wrong_type: msg`ห้องนี้ไม่รองรับการทำงานนี้`,
  offline: msg`ไม่ได้เชื่อมต่อกับเซิร์ฟเวอร์ โปรดลองใหม่เมื่อเครือข่ายกลับมา`,
  broken: msg`เซิร์ฟเวอร์ตอบกลับไม่ถูกต้อง โปรดลองใหม่ หากยังไม่สำเร็จให้แจ้งผู้ดูแลระบบ`,
  internal: msg`ระบบขัดข้อง โปรดลองใหม่ หากยังไม่สำเร็จให้แจ้งผู้ดูแลระบบ`,
  invalid: msg`ข้อมูลที่กรอกใช้ไม่ได้ โปรดตรวจสอบอีกครั้ง`,
  invalid_credentials: msg`ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง`,
  not_found: msg`ไม่พบรายการนี้`,
  conflict: msg`ข้อมูลเปลี่ยนไปแล้ว โปรดเปิดใหม่แล้วลองอีกครั้ง`,
  unauthenticated: msg`โปรดเข้าสู่ระบบอีกครั้ง`,
  too_many_requests: msg`ทำรายการถี่เกินไป โปรดรอสักครู่แล้วลองใหม่`,
  too_large: msg`ข้อความยาวเกินกำหนด`,
  unavailable: msg`ระบบยังไม่พร้อมให้บริการ โปรดลองใหม่ภายหลัง`,
  storage_full: msg`พื้นที่จัดเก็บของระบบเต็ม โปรดแจ้งผู้ดูแลระบบ`,
};

/** The sentence for `code`; `said` is what the server wrote, used when the code is not known here. */
export function reasonText(code: string, said?: string): string {
  const known = REASONS[code];
  if (known) return i18n._(known);
  return said || t`ทำรายการไม่สำเร็จ (${code})`;
}

/** The reason of an action that may be absent, ready for a button's `denied`. */
export function deniedText(code: string | undefined): string | undefined {
  return code === undefined ? undefined : reasonText(code);
}
