import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AttemptState } from "#core/attempt";
import { Button } from "#ui/Button";
import { NewPasswordField } from "#ui/NewPasswordField";
import { Notice } from "#ui/Notice";
import { PasswordField } from "#ui/PasswordField";
import { useReadable } from "#ui/useReadable";

import { LoginForm } from "./LoginForm";
import type { LoginModel } from "./LoginModel";

interface NewPasswordFormProps {
  attempt: AttemptState;
  shortest: number;
  model: LoginModel;
}

/**
 * A password that an administrator set, or that somebody else may know, must be replaced before anything else (F76, F77).
 * The old one is asked for only where it was not typed to sign in a moment ago.
 */
export function NewPasswordForm({ attempt, shortest, model }: NewPasswordFormProps) {
  const { t } = useLingui();
  const typed = useReadable(model.typed);
  const [again, setAgain] = useState("");
  const old = typed ?? again;
  const [next, setNext] = useState("");
  const [tried, setTried] = useState(false);
  return (
    <LoginForm
      title={<Trans>ตั้งรหัสผ่านใหม่</Trans>}
      failure={attempt.failure}
      onSubmit={() => {
        setTried(true);
        if (old !== "" && next !== "") void model.changePassword(old, next);
      }}
      notice={
        <Notice>
        <Trans>โปรดตั้งรหัสผ่านใหม่ที่ท่านรู้เพียงผู้เดียวก่อนใช้งานต่อ</Trans>
      </Notice>
      }
    >
      {typed === null && (
        <PasswordField
          label={t`รหัสผ่านเดิมหรือรหัสที่ได้รับ`}
          autoComplete="current-password"
          value={again}
          onChange={setAgain}
          error={tried && again === "" ? t`โปรดกรอกรหัสผ่านเดิมหรือรหัสที่ได้รับ` : undefined}
          autoFocus
        />
      )}
      <NewPasswordField shortest={shortest} value={next} onChange={setNext} tried={tried} autoFocus={typed !== null} />
      <Button type="submit" variant="primary" block isPending={attempt.busy}>
        <Trans>บันทึกรหัสผ่าน</Trans>
      </Button>
    </LoginForm>
  );
}
