/**
 * The words for the codes that rules give before the server is asked, and for failures that have no answer.
 *
 * Rules: word for word the server's text (appliance/locale), so the greyed-out button and the refusal cannot differ; a
 * refused private chat says nothing of rank (F38). A failure is kept as its code and put into words when it is shown, so a
 * page that changes its language changes its errors too; what the server wrote stands in where it alone knows the words.
 */
import { i18n, type MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";

import { formatNumber, withDigits } from "./dates";

export const REASONS: Readonly<Record<string, MessageDescriptor>> = {
  not_a_member: msg`ท่านไม่ได้เป็นสมาชิกของห้องนี้`,
  not_owner: msg`ทำได้เฉพาะเจ้าของห้องเท่านั้น`,
  room_closed: msg`ห้องนี้ปิดแล้ว อ่านได้แต่ส่งข้อความไม่ได้`,
  direct_room_fixed: msg`ห้องสนทนาส่วนตัวเปลี่ยนสมาชิกหรือชื่อไม่ได้`,
  already_member: msg`อยู่ในห้องนี้แล้ว`,
  target_not_member: msg`บุคคลนี้ไม่ได้เป็นสมาชิกของห้อง`,
  owner_must_transfer: msg`เจ้าของห้องต้องมอบสิทธิ์ให้สมาชิกอื่นก่อน`,
  cannot_leave: msg`สมาชิกออกจากห้องเองไม่ได้ โปรดส่งคำขอออกจากห้องถึงเจ้าของห้อง`,
  person_not_active: msg`บัญชีของบุคคลนี้ไม่ได้เปิดใช้งาน`,
  contact_not_allowed: msg`ข้อกำหนดของหน่วยงานไม่ให้ท่านเริ่มสนทนาส่วนตัวกับบุคคลนี้ก่อน หากบุคคลนี้เริ่มก่อน ท่านตอบได้`,
  not_author: msg`ทำได้เฉพาะผู้เขียนข้อความเท่านั้น`,
  not_a_message: msg`รายการนี้ไม่ใช่ข้อความ`,
  message_retracted: msg`ข้อความนี้ถูกเรียกคืนแล้ว`,
  edit_window_over: msg`พ้นเวลาที่แก้ไขข้อความนี้ได้แล้ว`,
  retract_window_over: msg`พ้นเวลาที่เรียกคืนข้อความนี้ได้แล้ว`,
  mass_mention_limit: msg`ห้องนี้มีสมาชิกมาก เฉพาะเจ้าของห้องจึงกล่าวถึงทุกคนได้`,
  files_not_allowed: msg`ห้องนี้ไม่เปิดให้ท่านส่งไฟล์`,
  too_many_files: msg`ข้อความหนึ่งแนบไฟล์ได้ไม่เกิน 20 ไฟล์`,
  file_type_blocked: msg`ไม่อนุญาตให้ส่งโปรแกรม ชุดคำสั่ง ทางลัด อิมเมจของดิสก์ และไฟล์ Office ที่มีมาโคร หากเป็นไฟล์ Office โปรดบันทึกแบบไม่มีมาโครแล้วส่งใหม่`,
  file_not_cleaned: msg`ระบบลบข้อมูลตำแหน่งและอุปกรณ์ออกจากไฟล์นี้ไม่ได้`,
  file_damaged: msg`ไฟล์นี้เสียหายหรือไม่ใช่ไฟล์ชนิดตามชื่อ ระบบจึงลบข้อมูลตำแหน่งและอุปกรณ์ออกไม่ได้`,
  file_too_many_pixels: msg`ภาพนี้มีมากกว่า 50 ล้านพิกเซล ระบบจึงลบข้อมูลตำแหน่งและอุปกรณ์ออกไม่ได้ โปรดย่อภาพ`,
  preparer_away: msg`ขณะนี้ระบบยังเตรียมไฟล์ให้พร้อมส่งไม่ได้ ไฟล์ของท่านไม่ได้เสียหาย โปรดส่งใหม่ภายหลัง หากยังไม่ได้โปรดแจ้งผู้ดูแลระบบ`,
  file_not_prepared: msg`ระบบเตรียมไฟล์นี้ไม่สำเร็จ โปรดส่งใหม่อีกครั้ง`,
  worker_away: msg`ยังเปิดดูไฟล์ไม่ได้ในขณะนี้ โปรดลองใหม่ภายหลัง หากยังไม่ได้โปรดแจ้งผู้ดูแลระบบ`,
  file_infected: msg`ตรวจพบไวรัสในไฟล์นี้ จึงส่งและเปิดไม่ได้`,
  file_missing: msg`อุปกรณ์นี้ไม่มีข้อมูลของไฟล์แล้ว โปรดเลือกไฟล์เดิมอีกครั้ง`,
  file_not_ready: msg`ไฟล์ยังเตรียมไม่เสร็จ ระบบจะส่งให้เมื่อพร้อม`,
  file_not_yours: msg`ไม่พบไฟล์นี้ หรือท่านไม่มีสิทธิส่งไฟล์นี้`,
  label_too_high: msg`ชั้นความลับของไฟล์สูงกว่าที่ห้องนี้รับได้ โปรดส่งในห้องที่มีชั้นความลับเหมาะสม`,
  too_many_edits: msg`ข้อความนี้แก้ไขครบจำนวนครั้งที่กำหนดแล้ว`,
  too_many_reactions: msg`ข้อความนี้มีความรู้สึกครบจำนวนที่กำหนดแล้ว`,
  room_full: msg`ห้องนี้มีสมาชิกครบจำนวนสูงสุดแล้ว`,
  owner_adds_directly: msg`ท่านเป็นเจ้าของห้อง เพิ่มสมาชิกได้เองทันที`,
  request_pending: msg`มีคำขอที่รอคำตอบอยู่แล้ว`,
  request_withdrawn: msg`ท่านเพิ่งถอนคำขอ ส่งใหม่ได้เมื่อครบ 1 วันหลังถอน`,
  role_required: msg`ท่านไม่มีบทบาทที่ทำรายการนี้ได้`,
  second_person_required: msg`รายการนี้ต้องมีผู้อนุมัติสองคน`,
  not_enrolled: msg`มีผู้สังกัดหน่วยงานที่ไม่ได้ร่วมใช้บริการ`,
  card_unsigned: msg`บัตรของบุคคลต่างหน่วยงานไม่มีลายมือชื่อของหน่วยงานนั้น จึงเพิ่มเข้าห้องไม่ได้ โปรดลองใหม่ภายหลัง`,
  card_differs: msg`ข้อมูลของบุคคลนี้ไม่ตรงกับที่หน่วยงานของบุคคลลงนามไว้ โปรดค้นหาบุคคลนี้ใหม่`,
  card_expired: msg`ข้อมูลของบุคคลนี้จากหน่วยงานต้นสังกัดเก่าเกินไปหรือยังไม่ถึงเวลาใช้ โปรดค้นหาบุคคลนี้ใหม่`,
  card_revoked: msg`บัญชีของบุคคลนี้ปิดหรือระงับแล้วที่หน่วยงานต้นสังกัด`,
  not_accepted: msg`หน่วยงานของบุคคลนี้ไม่เปิดให้บุคลากรเข้าห้องลักษณะนี้ของหน่วยงานท่าน`,
  acceptance_missing: msg`หน่วยงานของเจ้าของห้องคนใหม่ยังไม่ได้ลงนามรับห้องนี้`,
  acceptance_differs: msg`คำรับห้องของหน่วยงานนั้นไม่ตรงกับห้องนี้หรือเก่าเกินไป โปรดขอใหม่`,
  revocation_missing: msg`หน่วยงานของบุคคลนี้ไม่ได้แจ้งว่าบัญชีปิดแล้ว`,
  order_missing: msg`การย้ายห้องไปหน่วยงานอื่นต้องมีคำสั่งของทะเบียนที่ลงนามครบ`,
  order_differs: msg`คำสั่งของทะเบียนไม่ตรงกับห้องนี้`,
  times_apart: msg`นาฬิกาของหน่วยงานผู้ส่งต่างจากหน่วยงานนี้มากเกินไป`,
  hub_only: msg`รายการนี้ทำได้โดยระบบเท่านั้น`,
  room_quarantined: msg`ข้อมูลที่ได้รับจากหน่วยงานเจ้าของห้องไม่ตรงกับบันทึกของห้อง ห้องนี้จึงอ่านได้อย่างเดียว ผู้ดูแลระบบต้องตรวจสอบ`,
  origin_mismatch: msg`ผู้ส่งไม่ใช่คนของหน่วยงานที่ส่งรายการนี้`,
  wrong_shape: msg`ข้อมูลของรายการไม่ตรงกับชนิดของรายการ`,
  wrong_type: msg`ชนิดของรายการไม่ถูกต้อง`,
  too_large: msg`ข้อมูลที่ส่งยาวเกินกำหนด โปรดแบ่งส่ง`,
  storage_damaged: msg`ข้อมูลส่วนนี้ในดิสก์เสียหาย จึงอ่านหรือบันทึกไม่ได้ โปรดแจ้งผู้ดูแลระบบให้กู้จากข้อมูลสำรอง`,
  room_unproven: msg`ข้อมูลของห้องนี้ไม่ตรงกับที่หน่วยงานลงนามไว้ จึงส่งข้อความไม่ได้ ผู้ดูแลระบบต้องกู้คืนจากข้อมูลสำรอง`,
  session_ended_by_owner: msg`ท่านสั่งให้อุปกรณ์นี้ออกจากระบบจากอุปกรณ์อื่นของท่าน`,
  session_ended_password: msg`รหัสผ่านของท่านถูกเปลี่ยนจากอุปกรณ์อื่น โปรดเข้าสู่ระบบด้วยรหัสผ่านใหม่`,
  session_ended_reset: msg`ผู้ดูแลระบบตั้งรหัสใหม่ให้บัญชีของท่าน โปรดเข้าสู่ระบบด้วยรหัสที่ได้รับ`,
  session_ended_not_me: msg`มีการแจ้งจากอุปกรณ์อื่นของท่านว่ามีผู้อื่นใช้บัญชี อุปกรณ์นี้จึงออกจากระบบ`,
  session_ended_suspended: msg`บัญชีของท่านถูกระงับการใช้งาน โปรดติดต่อผู้ดูแลระบบ`,
  session_ended_revoked: msg`บัญชีของท่านถูกเพิกถอน โปรดติดต่อผู้ดูแลระบบ`,
  session_ended_off_staff: msg`ทะเบียนบุคลากรไม่มีชื่อท่านเป็นเจ้าหน้าที่ปัจจุบันแล้ว หากไม่ถูกต้องโปรดแจ้งงานบุคคล`,
  session_ended_too_many: msg`ท่านเข้าใช้งานครบจำนวนอุปกรณ์ที่กำหนด อุปกรณ์ที่ไม่ได้ใช้นานที่สุดจึงออกจากระบบ`,
  session_ended_expired: msg`ไม่ได้ใช้งานนานหรือครบอายุการเข้าใช้งาน โปรดเข้าสู่ระบบใหม่`,
  sign_in_failed: msg`ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง`,
  second_factor_failed: msg`รหัสยืนยันไม่ถูกต้องหรือใช้ไปแล้ว`,
  ticket_over: msg`หมดเวลายืนยันตัวตน โปรดเข้าสู่ระบบใหม่`,
  password_wrong: msg`รหัสผ่านไม่ถูกต้อง`,
  password_is_name: msg`รหัสผ่านใกล้เคียงกับชื่อผู้ใช้ ชื่อบุคคล หรือชื่อหน่วยงานเกินไป`,
  password_too_common: msg`รหัสผ่านนี้เดาได้ง่าย โปรดใช้รหัสอื่น`,
  password_unchanged: msg`รหัสผ่านใหม่เหมือนรหัสเดิม`,
  totp_wrong: msg`รหัสยืนยันไม่ถูกต้อง ตรวจสอบเวลาของอุปกรณ์`,
  totp_not_started: msg`เริ่มตั้งค่ารหัสยืนยันใหม่อีกครั้ง`,
  totp_already_on: msg`เปิดใช้รหัสยืนยันอยู่แล้ว`,
  passkey_wrong: msg`ตรวจสอบพาสคีย์ไม่ผ่าน`,
  passkey_not_started: msg`เริ่มเพิ่มพาสคีย์ใหม่อีกครั้ง`,
  no_second_factor: msg`ยังไม่ได้เปิดใช้การยืนยันตัวตนขั้นที่สอง จึงไม่มีรหัสกู้คืน`,
  account_suspended: msg`บัญชีนี้ถูกระงับการใช้งาน`,
  account_revoked: msg`บัญชีนี้ถูกเพิกถอนแล้ว`,
  terms_changed: msg`ข้อกำหนดการใช้งานเปลี่ยนไปแล้ว โปรดอ่านฉบับใหม่`,
  invalid: msg`ข้อมูลที่กรอกไม่ถูกต้อง โปรดตรวจสอบอีกครั้ง`,
  busy: msg`ระบบมีงานรอมากเกินไป ยังไม่ได้ดำเนินการใด ๆ โปรดรอสักครู่แล้วลองใหม่`,
  unauthenticated: msg`โปรดเข้าสู่ระบบ`,
  conflict: msg`ข้อมูลเปลี่ยนไปแล้ว โปรดโหลดใหม่แล้วลองอีกครั้ง`,
  not_found: msg`ไม่พบรายการที่ขอ`,
  forbidden: msg`ไม่มีสิทธิทำรายการนี้`,
  unavailable: msg`ส่วนนี้ของระบบยังไม่พร้อมใช้ในขณะนี้ โปรดลองใหม่ภายหลัง`,
  storage_full: msg`พื้นที่จัดเก็บเต็ม ยังไม่มีอะไรถูกบันทึก โปรดแจ้งผู้ดูแลระบบ`,
  storage_failed: msg`ระบบจัดเก็บข้อมูลขัดข้อง ยังไม่มีอะไรถูกบันทึก โปรดลองใหม่`,
  offline: msg`ไม่ได้เชื่อมต่อกับเครื่องแม่ข่าย โปรดลองใหม่เมื่อเครือข่ายกลับมา`,
  broken: msg`เครื่องแม่ข่ายตอบกลับไม่ถูกต้อง โปรดลองใหม่ หากยังไม่สำเร็จให้แจ้งผู้ดูแลระบบ`,
  internal: msg`ระบบขัดข้อง โปรดลองใหม่ หากยังไม่สำเร็จให้แจ้งผู้ดูแลระบบ`,
};

/** What the server says with a number that it alone knows, without that number: for a page whose language has changed since. */
const WITHOUT_NUMBER: Readonly<Record<string, MessageDescriptor>> = {
  upload_too_large: msg`ไฟล์ใหญ่เกินกว่าที่หน่วยงานให้ส่ง`,
  file_too_large_to_clean: msg`ไฟล์ใหญ่เกินกว่าที่ระบบจะลบข้อมูลตำแหน่งและอุปกรณ์ออกได้ โปรดลดขนาดไฟล์ หรือเลือก “ส่งต้นฉบับ” เพื่อส่งตามเดิม`,
};

/** The sentences that say how long to wait, told with the seconds that are left. */
export const WAITING: Readonly<Record<string, (seconds: string) => string>> = {
  sign_in_delayed: (seconds) => t`เข้าสู่ระบบไม่สำเร็จหลายครั้ง โปรดรอ ${seconds} วินาที`,
  too_many_requests: (seconds) => t`ส่งคำขอถี่เกินไป โปรดรอ ${seconds} วินาที`,
  directory_budget: (seconds) => t`ท่านเปิดดูรายชื่อเจ้าหน้าที่มากเกินไป โปรดรอ ${seconds} วินาที`,
  too_many_added: (seconds) => t`ท่านเพิ่มคนเข้าห้องมากเกินไป โปรดรอ ${seconds} วินาที`,
  too_many_rooms: (seconds) => t`ท่านสร้างห้องมากเกินไป โปรดรอ ${seconds} วินาที`,
  too_many_connections: (seconds) => t`เปิดการเชื่อมต่อพร้อมกันมากเกินไป โปรดปิดหน้าต่างหรืออุปกรณ์อื่น แล้วลองใหม่ใน ${seconds} วินาที`,
};

/** The sentence for `code`: ours where we have it, which is right in every language; else what the server wrote. */
export function reasonText(code: string, said?: string): string {
  const known = REASONS[code];
  if (known !== undefined) return i18n._(known);
  if (said !== undefined && said !== "") return withDigits(said);
  const without = WITHOUT_NUMBER[code];
  return without === undefined ? t`ทำรายการไม่สำเร็จ (${code})` : i18n._(without);
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly language?: string;
}

/** A failure in the page's own language, `secondsLeft` before it may be tried again (0: now; null: waiting is no use). */
export function failureText(failure: Failure, secondsLeft: number | null): string {
  const waiting = WAITING[failure.code];
  if (waiting !== undefined && secondsLeft !== null) return secondsLeft > 0 ? waiting(formatNumber(secondsLeft)) : t`ลองใหม่ได้แล้ว`;
  const spoken = failure.language === undefined || failure.language === i18n.locale;
  return reasonText(failure.code, spoken ? failure.message : "");
}

/** The reason of an action that may be absent, ready for a button's `denied`. */
export function deniedText(code: string | undefined): string | undefined {
  return code === undefined ? undefined : reasonText(code);
}
