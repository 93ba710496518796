import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { copyText } from "#platform/clipboard";
import { downloadText, printPart } from "#platform/download";
import { Button } from "#ui/Button";
import { Checkbox } from "#ui/Checkbox";
import { Dialog } from "#ui/Dialog";
import { Notice } from "#ui/Notice";

interface RecoveryCodesProps {
  codes: readonly string[];
  onClose: () => void;
}

/** Neither Esc nor Back loses codes that are not kept yet. */
const stay = (): void => undefined;

/** The codes, seen this once: kept on paper or in a file before the dialog can be left. */
export function RecoveryCodes({ codes, onClose }: RecoveryCodesProps) {
  const { t } = useLingui();
  const [kept, setKept] = useState(false);
  const page = [t`รหัสกู้คืนของ G-Chat แต่ละรหัสใช้ได้ครั้งเดียว`, "", ...codes, ""].join("\r\n");
  return (
    <Dialog
      title={t`รหัสกู้คืน`}
      size="s"
      role="alertdialog"
      onClose={kept ? onClose : stay}
      footer={
        <Button variant="primary" onPress={onClose} {...(kept ? {} : { denied: t`โปรดยืนยันว่าเก็บรหัสแล้ว` })}>
          <Trans>เสร็จสิ้น</Trans>
        </Button>
      }
    >
      <div className="recovery">
        <Notice kind="warn">
          <Trans>รหัสเหล่านี้แสดงครั้งเดียว เก็บไว้ในที่ปลอดภัยซึ่งไม่ใช่โทรศัพท์เครื่องที่ใช้ยืนยันตัวตน รหัสชุดก่อนใช้ไม่ได้แล้ว</Trans>
        </Notice>
        <ul className="recovery-codes" translate="no">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="totp-buttons">
          <Button icon="download" onPress={() => downloadText("g-chat-recovery-codes.txt", page)}>
            <Trans>บันทึกเป็นไฟล์</Trans>
          </Button>
          <Button icon="copy" onPress={() => void copyText(page)}>
            <Trans>คัดลอก</Trans>
          </Button>
          <Button onPress={() => printPart("codes")}>
            <Trans>พิมพ์</Trans>
          </Button>
        </div>
        <Checkbox isSelected={kept} onChange={setKept}>
          <Trans>เก็บรหัสไว้แล้ว</Trans>
        </Checkbox>
      </div>
    </Dialog>
  );
}
