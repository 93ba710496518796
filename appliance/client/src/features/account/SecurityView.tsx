/** Password and second factors. Changing the password ends all other sessions (F77). */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { createPasskey, passkeysSupported } from "#platform/passkeys";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { Loading, Notice } from "#ui/Notice";
import { Panel, PanelSection } from "#ui/Panel";
import { Row } from "#ui/Row";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";
import { PasswordPrompt } from "./PasswordPrompt";
import type { Leave } from "./SettingsList";
import { TotpSetup } from "./TotpSetup";

type Asking = { kind: "totp_on" } | { kind: "totp_off" } | { kind: "passkey_add" } | { kind: "passkey_remove"; id: string };

export function SecurityView({ model, device, leave }: { model: AccountModel; device: string; leave: Leave | undefined }) {
  const { t } = useLingui();
  const { factors, totp } = useReadable(model);
  const { failure } = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  const [asking, setAsking] = useState<Asking | null>(null);
  useEffect(() => {
    void model.loadFactors();
  }, [model]);

  const answer = (question: Asking, password: string): Promise<boolean> => {
    switch (question.kind) {
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
      <ChangePassword model={model} />
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
                <Button onPress={() => setAsking({ kind: "totp_off" })}>
                  <Trans>ปิด</Trans>
                </Button>
              ) : (
                <Button variant="primary" onPress={() => setAsking({ kind: "totp_on" })}>
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
              <Button onPress={() => setAsking({ kind: "passkey_remove", id: passkey.id })}>
                <Trans>ลบ</Trans>
              </Button>
            }
          />
        ))}
        {passkeysSupported() ? (
          <Button icon="add" onPress={() => setAsking({ kind: "passkey_add" })}>
            <Trans>เพิ่มพาสคีย์ของเครื่องนี้</Trans>
          </Button>
        ) : (
          <Notice>
            <Trans>เบราว์เซอร์นี้ไม่รองรับ</Trans>
          </Notice>
        )}
      </PanelSection>
      {asking !== null && (
        <PasswordPrompt model={model} onAnswer={(password) => answer(asking, password)} onClose={() => setAsking(null)} />
      )}
      {totp !== null && <TotpSetup model={model} totp={totp} />}
    </Panel>
  );
}

function ChangePassword({ model }: { model: AccountModel }) {
  const { t } = useLingui();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const { busy } = useReadable(model.attempt);
  return (
    <PanelSection title={t`เปลี่ยนรหัสผ่าน`}>
      <form
        className="settings-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (old === "" || next === "") return;
          setDone(false);
          void model.changePassword(old, next).then((changed) => {
            setDone(changed);
            if (changed) {
              setOld("");
              setNext("");
            }
          });
        }}
      >
        <TextField label={t`รหัสผ่านปัจจุบัน`} type="password" autoComplete="current-password" value={old} onChange={setOld} isRequired />
        <TextField
          label={t`รหัสผ่านใหม่`}
          hint={t`ใช้ตัวอักษรไทย อังกฤษ ตัวเลข สัญลักษณ์ และเว้นวรรคได้ ยิ่งยาวยิ่งปลอดภัย`}
          type="password"
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          isRequired
        />
        {done && (
          <Notice kind="ok" live>
            <Trans>เปลี่ยนรหัสผ่านแล้ว เครื่องอื่นทั้งหมดออกจากระบบแล้ว</Trans>
          </Notice>
        )}
        <Button type="submit" variant="primary" isPending={busy} denied={old === "" || next === "" ? t`โปรดกรอกรหัสผ่านเดิมและรหัสผ่านใหม่` : undefined}>
          <Trans>เปลี่ยนรหัสผ่าน</Trans>
        </Button>
      </form>
    </PanelSection>
  );
}
