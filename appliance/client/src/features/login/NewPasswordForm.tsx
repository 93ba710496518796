import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AttemptState } from "#core/attempt";
import { Button } from "#ui/Button";
import { NewPasswordField } from "#ui/NewPasswordField";
import { Notice } from "#ui/Notice";
import { PasswordField } from "#ui/PasswordField";

import { LoginForm } from "./LoginForm";

interface NewPasswordFormProps {
  attempt: AttemptState;
  shortest: number;
  onSubmit: (old: string, next: string) => Promise<boolean>;
}

/** A password that an administrator set, or that somebody else may know, must be replaced before anything else (F76, F77). */
export function NewPasswordForm({ attempt, shortest, onSubmit }: NewPasswordFormProps) {
  const { t } = useLingui();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [tried, setTried] = useState(false);
  return (
    <LoginForm
      title={<Trans>ตั้งรหัสผ่านใหม่</Trans>}
      failure={attempt.failure}
      onSubmit={() => {
        setTried(true);
        if (old !== "" && next !== "") void onSubmit(old, next);
      }}
      notice={
        <Notice>
        <Trans>โปรดตั้งรหัสผ่านใหม่ที่ท่านรู้เพียงผู้เดียวก่อนใช้งานต่อ</Trans>
      </Notice>
      }
    >
      <PasswordField
        label={t`รหัสผ่านเดิมหรือรหัสที่ได้รับ`}
        autoComplete="current-password"
        value={old}
        onChange={setOld}
        error={tried && old === "" ? t`โปรดกรอกรหัสผ่านเดิมหรือรหัสที่ได้รับ` : undefined}
        autoFocus
      />
      <NewPasswordField shortest={shortest} value={next} onChange={setNext} tried={tried} />
      <Button type="submit" variant="primary" block isPending={attempt.busy}>
        <Trans>บันทึกรหัสผ่าน</Trans>
      </Button>
    </LoginForm>
  );
}
