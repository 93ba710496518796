import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";

import type { MessageItem } from "#core/snapshots";
import { formatNumber } from "#i18n/dates";
import { Icon } from "#ui/Icon";

/** «อ่านแล้ว 12»: who exactly opens beside the room (F16). Words and icon, never colour alone. */
export function ReadMark({ item, tabIndex, onOpen }: { item: MessageItem; tabIndex: number; onOpen: () => void }) {
  const { t } = useLingui();
  const { by, of } = item.read;
  // Between two, «read» beside the other's words would mean that oneself has read them, and be taken for one's own.
  if (of === 0 || (of === 1 && !item.mine)) return null;
  const all = by >= of;
  const count = formatNumber(by);
  const words = of === 1 ? (all ? t`อ่านแล้ว` : t`ยังไม่อ่าน`) : all ? t`อ่านครบ ${count}` : by === 0 ? t`ยังไม่มีผู้อ่าน` : t`อ่านแล้ว ${count}`;
  // The name begins with the words that are seen, for those who speak to their computer (WCAG 2.5.3). It is an attribute,
  // since the words of a mark that is shown under the pointer alone come and go.
  const name = `${words} ${plural(of, { other: `อ่านแล้ว ${count} จาก # คน` })} ${t`เปิดรายชื่อผู้อ่าน`}`;
  return (
    <button type="button" className={`msg-read ${all ? "msg-read-all" : ""}`} aria-label={name} tabIndex={tabIndex} onClick={onOpen}>
      <Icon name={all ? "checkAll" : "eye"} size="s" />
      <span>{words}</span>
    </button>
  );
}
