/** The words for kinds and scopes of rooms; always shown beside an icon, never as colour alone (C20). */
import { t } from "@lingui/core/macro";

export function kindText(kind: string): string {
  switch (kind) {
    case "direct":
      return t`สนทนาส่วนตัว`;
    case "group":
      return t`ห้องกลุ่ม`;
    default:
      return t`ห้อง`;
  }
}

export function scopeText(scope: string): string {
  switch (scope) {
    case "local":
    case "agency":
      return t`ภายในหน่วยงาน`;
    default:
      return t`ข้ามหน่วยงาน`;
  }
}
