/** What was not attached, and why: one reason once, with the names it holds for. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import type { NotAttached } from "#core/index";
import { reasonText } from "#i18n/reasons";
import { formatSize } from "#i18n/sizes";
import { IconButton } from "#ui/Button";
import { Notice } from "#ui/Notice";

export function RefusedFiles({ refused, largest, onClose }: { refused: readonly NotAttached[]; largest: number | null; onClose: () => void }) {
  const { t } = useLingui();
  const codes = [...new Set(refused.map(({ code }) => code))];
  return (
    <div role="alert">
      {codes.length > 0 && (
        <Notice kind="error" action={<IconButton icon="close" size="s" label={t`ปิด`} onPress={onClose} />}>
          {codes.map((code) => (
            <p key={code}>
              <Trans>
                ไม่ได้แนบ {namesOf(refused, code)}: <RefusedReason code={code} largest={largest} />
              </Trans>
            </p>
          ))}
        </Notice>
      )}
    </div>
  );
}

const SHOWN = 3;

function namesOf(refused: readonly NotAttached[], code: string): string {
  const names = refused.filter((one) => one.code === code).map(({ name }) => `“${name}”`);
  const more = names.length - SHOWN;
  return [...names.slice(0, SHOWN), ...(more > 0 ? [plural(more, { other: "และอีก # ไฟล์" })] : [])].join(" ");
}

function RefusedReason({ code, largest }: { code: string; largest: number | null }) {
  switch (code) {
    case "upload_too_large":
      return <Trans>ไฟล์ใหญ่เกินไป ส่งได้ไม่เกิน {formatSize(largest ?? 0)}</Trans>;
    case "file_empty":
      return <Trans>ไฟล์นี้ไม่มีข้อมูล</Trans>;
    case "folder":
      return <Trans>แนบทั้งโฟลเดอร์ไม่ได้ โปรดเลือกไฟล์ในโฟลเดอร์ หรือบีบอัดเป็นไฟล์เดียวก่อน</Trans>;
    case "file_not_same":
      return <Trans>ไม่ใช่ไฟล์เดิม โปรดเลือกไฟล์ที่มีชื่อและขนาดเดียวกัน</Trans>;
    default:
      return reasonText(code);
  }
}
