/** Asks whether words with the writer's own password in them are really to go (F75). */
import { Trans, useLingui } from "@lingui/react/macro";

import { ConfirmDialog } from "#ui/Dialog";

import type { ComposerModel } from "./ComposerModel";

export function OwnPasswordDialog({ model }: { model: ComposerModel }) {
  const { t } = useLingui();
  return (
    <ConfirmDialog
      title={t`ข้อความนี้มีรหัสผ่านของท่าน`}
      confirmLabel={t`ส่งทั้งที่มีรหัสผ่าน`}
      cancelLabel={t`กลับไปแก้ไข`}
      danger
      onClose={model.keepWriting}
      onConfirm={() => void model.sendAnyway()}
    >
      <p>
        <Trans>ห้ามเปิดเผยรหัสผ่านแก่ผู้อื่น ข้อความที่ส่งแล้วถูกเก็บเป็นหลักฐาน หากเคยส่งไปแล้ว ให้เปลี่ยนรหัสผ่านทันที</Trans>
      </p>
    </ConfirmDialog>
  );
}
