/** Password and second factors. Changing the password ends all other sessions (F77). */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import type { Me } from "#core/protocol";
import { createPasskey, passkeysSupported } from "#platform/passkeys";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { Loading, Notice } from "#ui/Notice";
import { Panel, PanelSection } from "#ui/Panel";
import { Row } from "#ui/Row";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";
import { ChangePassword } from "./ChangePassword";
import { PasswordPrompt } from "./PasswordPrompt";
import { RecoveryCodes } from "./RecoveryCodes";
import type { Leave } from "./SettingsList";
import { TotpSetup } from "./TotpSetup";

type Asking = { kind: "codes" } | { kind: "totp_on" } | { kind: "totp_off" } | { kind: "passkey_add" } | { kind: "passkey_remove"; id: string };

interface SecurityViewProps {
  model: AccountModel;
  me: Me;
  device: string;
  leave: Leave | undefined;
}

export function SecurityView({ model, me, device, leave }: SecurityViewProps) {
  const { t } = useLingui();
  const { factors, totp, codes } = useReadable(model);
  const { failure } = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  const [asking, setAsking] = useState<Asking | null>(null);
  useEffect(() => {
    void model.loadFactors();
    return model.leaveSecurity;
  }, [model]);
  const ask = (question: Asking) => {
    // What failed elsewhere on the page has nothing to say in the prompt.
    model.attempt.clear();
    setAsking(question);
  };

  const answer = (question: Asking, password: string): Promise<boolean> => {
    switch (question.kind) {
      case "codes":
        return model.renewCodes(password);
      case "totp_on":
        return model.beginTotp(password);
      case "totp_off":
        return model.removeTotp(password);
      case "passkey_add":
        return model.addPasskey(device, password, createPasskey);
      case "passkey_remove":
        return model.removePasskey(question.id, password);
    }
  };

  return (
    <Panel label={t`รหัสผ่านและการยืนยันตัวตน`} title={<Trans>รหัสผ่านและการยืนยันตัวตน</Trans>} {...(leave ? { leave } : {})} className="settings-panel">
      <div className="settings-failure">
        <FailureNotice failure={asking === null && totp === null ? (failure ?? reading.failure) : null} />
      </div>
      <ChangePassword model={model} shortest={me.shortest_password} />
      <PanelSection title={t`แอปยืนยันตัวตน (TOTP)`}>
        {factors === null ? (
          <Loading label={t`กำลังโหลด`} />
        ) : (
          <Row
            lead={<Icon name="shield" />}
            title={factors.totp ? <Trans>เปิดใช้งานแล้ว</Trans> : <Trans>ยังไม่เปิดใช้งาน</Trans>}
            detail={t`ถามรหัส 6 หลักทุกครั้งที่เข้าสู่ระบบ`}
            end={
              factors.totp ? (
                <Button onPress={() => ask({ kind: "totp_off" })}>
                  <Trans>ปิดใช้งาน</Trans>
                </Button>
              ) : (
                <Button variant="primary" onPress={() => ask({ kind: "totp_on" })}>
                  <Trans>เปิดใช้งาน</Trans>
                </Button>
              )
            }
          />
        )}
      </PanelSection>
      <PanelSection title={t`พาสคีย์`}>
        {factors?.passkeys.map((passkey) => (
          <Row
            key={passkey.id}
            lead={<Icon name="key" />}
            title={passkey.name}
            end={
              <Button onPress={() => ask({ kind: "passkey_remove", id: passkey.id })}>
                <Trans>ลบ</Trans>
              </Button>
            }
          />
        ))}
        {passkeysSupported() ? (
          <Button icon="add" onPress={() => ask({ kind: "passkey_add" })}>
            <Trans>เพิ่มพาสคีย์ของเครื่องนี้</Trans>
          </Button>
        ) : (
          <Notice>
            <Trans>เบราว์เซอร์นี้ไม่รองรับ</Trans>
          </Notice>
        )}
      </PanelSection>
      {factors !== null && (factors.totp || factors.passkeys.length > 0) && (
        <PanelSection title={t`รหัสกู้คืน`}>
          <Row
            lead={<Icon name="lock" />}
            title={
              factors.recovery_left > 0
                ? plural(factors.recovery_left, { other: "เหลือ # รหัสที่ยังไม่ได้ใช้" })
                : t`ยังไม่มีรหัสกู้คืน`
            }
            detail={t`ใช้เข้าสู่ระบบเมื่อโทรศัพท์หายหรือไม่มีอยู่กับตัว`}
            end={
              <Button {...(factors.recovery_left > 0 ? {} : { variant: "primary" as const })} onPress={() => ask({ kind: "codes" })}>
                {factors.recovery_left > 0 ? <Trans>สร้างชุดใหม่</Trans> : <Trans>สร้างรหัสกู้คืน</Trans>}
              </Button>
            }
          />
          <Notice {...(factors.recovery_left > 0 ? {} : { kind: "warn" as const })}>
            <Trans>หากโทรศัพท์หายและไม่มีรหัสกู้คืน ท่านเข้าสู่ระบบเองไม่ได้ ต้องติดต่อผู้ดูแลระบบเพื่อเปิดบัญชีใหม่</Trans>
          </Notice>
        </PanelSection>
      )}
      {codes !== null && <RecoveryCodes codes={codes} onClose={model.forgetCodes} />}
      {asking !== null && (
        <PasswordPrompt model={model} onAnswer={(password) => answer(asking, password)} onClose={() => setAsking(null)} />
      )}
      {totp !== null && <TotpSetup model={model} totp={totp} />}
    </Panel>
  );
}
