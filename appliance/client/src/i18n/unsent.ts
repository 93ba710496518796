/** What somebody would lose by signing out, in sentences: the same wherever it is asked. */
import { plural, t } from "@lingui/core/macro";

interface Unsent {
  readonly messages: number;
  readonly drafts: number;
}

export function losingTitle({ messages }: Unsent): string {
  return messages > 0 ? t`ออกจากระบบทั้งที่ยังส่งข้อความไม่หมดหรือไม่` : t`ออกจากระบบทั้งที่ยังเขียนข้อความค้างไว้หรือไม่`;
}

/** What there is, and that leaving now loses it. */
export function losingText({ messages, drafts }: Unsent): readonly string[] {
  return [
    ...(messages > 0 ? [plural(messages, { other: "มี # ข้อความที่กดส่งแล้ว แต่ยังไม่ถึงเครื่องแม่ข่าย" })] : []),
    ...(drafts > 0 ? [plural(drafts, { other: "มีข้อความที่เขียนค้างไว้โดยยังไม่ได้กดส่งใน # ห้อง" })] : []),
    t`หากออกจากระบบตอนนี้ ข้อความเหล่านี้จะหายไป`,
  ];
}

/** While the messages are being sent, after which signing out follows. */
export function waitingText({ messages, drafts }: Unsent): readonly string[] {
  return [
    plural(messages, { other: "กำลังรอส่ง # ข้อความ เมื่อส่งครบแล้วจะออกจากระบบให้" }),
    ...(drafts > 0 ? [plural(drafts, { other: "ข้อความที่เขียนค้างไว้ใน # ห้องจะหายไปเมื่อออกจากระบบ" })] : []),
  ];
}
