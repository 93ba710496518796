import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { PasswordField } from "#ui/PasswordField";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";

interface PasswordPromptProps {
  model: AccountModel;
  onAnswer: (password: string) => Promise<boolean>;
  onClose: () => void;
}

/** Proof that it is really the owner, before a second factor is added or taken away. */
export function PasswordPrompt({ model, onAnswer, onClose }: PasswordPromptProps) {
  const { t } = useLingui();
  const [password, setPassword] = useState("");
  const { busy, failure } = useReadable(model.attempt);
  const close = () => {
    model.attempt.clear();
    onClose();
  };
  return (
    <Dialog title={t`ยืนยันรหัสผ่าน`} closeLabel={t`ปิด`} size="s" onClose={close}>
      <form
        className="settings-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (password === "") return;
          void onAnswer(password).then((done) => done && onClose());
        }}
      >
        <PasswordField label={t`รหัสผ่านปัจจุบัน`} autoComplete="current-password" value={password} onChange={setPassword} autoFocus />
        <FailureNotice failure={failure} />
        <Button type="submit" variant="primary" isPending={busy} denied={password === "" ? t`โปรดกรอกรหัสผ่าน` : undefined}>
          <Trans>ต่อไป</Trans>
        </Button>
      </form>
    </Dialog>
  );
}
