import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { Button } from "#ui/Button";
import { NewPasswordField } from "#ui/NewPasswordField";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";
import { PasswordField } from "#ui/PasswordField";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";

interface ChangePasswordProps {
  model: AccountModel;
  shortest: number;
}

/** A new password of the reader's choice; it signs out every other device. Both fields are gone with the page. */
export function ChangePassword({ model, shortest }: ChangePasswordProps) {
  const { t } = useLingui();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const { busy } = useReadable(model.attempt);
  const submit = async (): Promise<void> => {
    setDone(false);
    const changed = await model.changePassword(old, next);
    setDone(changed);
    if (!changed) return;
    setOld("");
    setNext("");
  };
  return (
    <PanelSection title={t`เปลี่ยนรหัสผ่าน`}>
      <form
        className="settings-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (old !== "" && next !== "") void submit();
        }}
      >
        <PasswordField label={t`รหัสผ่านปัจจุบัน`} autoComplete="current-password" value={old} onChange={setOld} />
        <NewPasswordField shortest={shortest} value={next} onChange={setNext} />
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
