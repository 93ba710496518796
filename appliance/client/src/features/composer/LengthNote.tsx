import { Trans, useLingui } from "@lingui/react/macro";

import { formatNumber } from "#i18n/dates";
import { Icon } from "#ui/Icon";

import { MAX_TEXT, tooLong } from "./ComposerModel";

/** How long the text is when the limit is near, and in words when it is over; said aloud once, not with every key. */
export function LengthNote({ id, length }: { id: string; length: number | null }) {
  const { t } = useLingui();
  const over = tooLong({ length });
  const now = formatNumber(length ?? 0);
  const most = formatNumber(MAX_TEXT);
  return (
    <>
      <span role="status" className="visually-hidden">
        {over && t`ข้อความยาวเกิน ${most} ตัวอักษร โปรดแบ่งส่ง`}
      </span>
      {length !== null && (
        <p id={id} className={`composer-length ${over ? "composer-over" : ""}`}>
          {over && <Icon name="error" size="s" />}
          {over ? <Trans>ข้อความยาวเกิน {most} ตัวอักษร (ขณะนี้ {now}) โปรดแบ่งส่ง</Trans> : <Trans>{now} จาก {most} ตัวอักษร</Trans>}
        </p>
      )}
    </>
  );
}
