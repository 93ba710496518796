/**
 * The words for the codes that rules give before the server is asked, and for failures that have no answer.
 *
 * Rules: word for word the server's text (appliance/locale), so the greyed-out button and the refusal cannot differ; a
 * refused private chat says nothing of rank (F38). What the server itself said comes first: it knows the numbers.
 */
import { i18n, type MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";

export const REASONS: Readonly<Record<string, MessageDescriptor>> = {
  not_a_member: msg`ท่านไม่ได้เป็นสมาชิกของห้องนี้`,
  not_owner: msg`ทำได้เฉพาะเจ้าของห้องเท่านั้น`,
  room_closed: msg`ห้องนี้ปิดแล้ว อ่านได้แต่ส่งข้อความไม่ได้`,
  direct_room_fixed: msg`ห้องสนทนาส่วนตัวเปลี่ยนสมาชิกหรือชื่อไม่ได้`,
  already_member: msg`อยู่ในห้องนี้แล้ว`,
  target_not_member: msg`บุคคลนี้ไม่ได้เป็นสมาชิกของห้อง`,
  owner_must_transfer: msg`เจ้าของห้องต้องโอนสิทธิ์ให้สมาชิกอื่นก่อน`,
  cannot_leave: msg`สมาชิกออกจากห้องเองไม่ได้ โปรดส่งคำขอให้เจ้าของห้องนำชื่อออก`,
  person_not_active: msg`บัญชีของบุคคลนี้ไม่ได้เปิดใช้งาน`,
  contact_not_allowed: msg`ข้อกำหนดของหน่วยงานไม่ให้ท่านเริ่มสนทนาส่วนตัวกับบุคคลนี้ก่อน หากบุคคลนี้เริ่มก่อน ท่านตอบได้`,
  not_author: msg`ทำได้เฉพาะผู้เขียนข้อความเท่านั้น`,
  not_a_message: msg`รายการนี้ไม่ใช่ข้อความ`,
  message_retracted: msg`ข้อความนี้ถูกเรียกคืนแล้ว`,
  edit_window_over: msg`พ้นเวลาที่แก้ไขข้อความนี้ได้แล้ว`,
  retract_window_over: msg`พ้นเวลาที่เรียกคืนข้อความนี้ได้แล้ว`,
  mass_mention_limit: msg`ห้องนี้มีสมาชิกมาก เฉพาะเจ้าของห้องจึงกล่าวถึงทุกคนได้`,
  too_many_edits: msg`ข้อความนี้แก้ไขครบจำนวนครั้งที่กำหนดแล้ว`,
  too_many_reactions: msg`ข้อความนี้มีความรู้สึกครบจำนวนที่กำหนดแล้ว`,
  room_full: msg`ห้องนี้มีสมาชิกครบจำนวนสูงสุดแล้ว`,
  owner_adds_directly: msg`ท่านเป็นเจ้าของห้อง เพิ่มสมาชิกได้เองทันที`,
  request_pending: msg`มีคำขอที่รอคำตอบอยู่แล้ว`,
  request_too_soon: msg`คำขอก่อนหน้าถูกปฏิเสธ ส่งคำขอใหม่ได้หลังพ้นระยะเวลาที่กำหนด`,
  role_required: msg`ท่านไม่มีบทบาทที่ทำรายการนี้ได้`,
  second_person_required: msg`รายการนี้ต้องมีผู้อนุมัติสองคน`,
  hub_only: msg`รายการนี้ทำได้โดยระบบเท่านั้น`,
  wrong_type: msg`ชนิดของรายการไม่ถูกต้อง`,
  too_large: msg`ข้อมูลที่ส่งยาวเกินกำหนด โปรดแบ่งส่ง`,
  storage_damaged: msg`ข้อมูลส่วนนี้ในดิสก์เสียหาย จึงอ่านหรือบันทึกไม่ได้ โปรดแจ้งผู้ดูแลระบบให้กู้จากข้อมูลสำรอง`,
  room_unproven: msg`ข้อมูลของห้องนี้ไม่ตรงกับที่หน่วยงานลงนามไว้ จึงส่งข้อความไม่ได้ ผู้ดูแลระบบต้องกู้คืนจากข้อมูลสำรอง`,
  offline: msg`ไม่ได้เชื่อมต่อกับเครื่องแม่ข่าย โปรดลองใหม่เมื่อเครือข่ายกลับมา`,
  broken: msg`เครื่องแม่ข่ายตอบกลับไม่ถูกต้อง โปรดลองใหม่ หากยังไม่สำเร็จให้แจ้งผู้ดูแลระบบ`,
  internal: msg`ระบบขัดข้อง โปรดลองใหม่ หากยังไม่สำเร็จให้แจ้งผู้ดูแลระบบ`,
};

/** The sentence for `code`; `said` is what the server wrote, in the language of the page. */
export function reasonText(code: string, said?: string): string {
  if (said !== undefined && said !== "") return said;
  const known = REASONS[code];
  return known ? i18n._(known) : t`ทำรายการไม่สำเร็จ (${code})`;
}

/** The reason of an action that may be absent, ready for a button's `denied`. */
export function deniedText(code: string | undefined): string | undefined {
  return code === undefined ? undefined : reasonText(code);
}
