import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { TotpSecret } from "#core/protocol";
import { copyText } from "#platform/clipboard";
import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { QrCode } from "#ui/QrCode";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";

/** The secret for an authenticator, then its first code. On a phone the link opens the authenticator itself. */
export function TotpSetup({ model, totp }: { model: AccountModel; totp: TotpSecret }) {
  const { t } = useLingui();
  const [code, setCode] = useState("");
  const { busy, failure } = useReadable(model.attempt);
  return (
    <Dialog title={t`เปิดใช้แอปยืนยันตัวตน`} closeLabel={t`ยกเลิก`} size="s" onClose={model.cancelTotp}>
      <ol className="totp-steps">
        <li>
          <p>
            <Trans>สแกนด้วยแอปยืนยันตัวตน หรือเพิ่มบัญชีด้วยรหัสลับนี้ หรือกดลิงก์เมื่อใช้โทรศัพท์เครื่องเดียวกัน</Trans>
          </p>
          <div className="totp-code">
            <QrCode text={totp.uri} label={t`คิวอาร์โค้ดสำหรับแอปยืนยันตัวตน`} />
          </div>
          <p className="totp-secret" translate="no">
            {totp.secret.match(/.{1,4}/gu)?.join(" ")}
          </p>
          <div className="totp-buttons">
            <Button icon="copy" onPress={() => void copyText(totp.secret)}>
              <Trans>คัดลอกรหัสลับ</Trans>
            </Button>
            <a href={totp.uri}>
              <Trans>เปิดในแอปยืนยันตัวตน</Trans>
            </a>
          </div>
        </li>
        <li>
          <form
            className="settings-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (code.trim() === "") return;
              void model.confirmTotp(code);
            }}
          >
            <TextField
              label={t`รหัส 6 หลักที่แอปแสดง`}
              hint={t`พิมพ์เลขไทยหรือเลขอารบิกก็ได้`}
              autoComplete="one-time-code"
              inputMode="numeric"
              value={code}
              onChange={setCode}
              isRequired
            />
            <FailureNotice failure={failure} />
            <Button type="submit" variant="primary" isPending={busy} denied={code.trim() === "" ? t`โปรดกรอกรหัส 6 หลัก` : undefined}>
              <Trans>ยืนยันและเปิดใช้งาน</Trans>
            </Button>
          </form>
        </li>
      </ol>
    </Dialog>
  );
}
