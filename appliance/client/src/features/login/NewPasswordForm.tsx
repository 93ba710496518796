import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AttemptState } from "#core/attempt";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Notice } from "#ui/Notice";
import { TextField } from "#ui/TextField";

interface NewPasswordFormProps {
  attempt: AttemptState;
  onSubmit: (old: string, next: string) => Promise<boolean>;
}

/** A password that an administrator set, or that somebody else may know, must be replaced before anything else (F76, F77). */
export function NewPasswordForm({ attempt, onSubmit }: NewPasswordFormProps) {
  const { t } = useLingui();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  return (
    <form
      className="login-form"
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit(old, next);
      }}
    >
      <h2>
        <Trans>ตั้งรหัสผ่านใหม่</Trans>
      </h2>
      <Notice>
        <Trans>โปรดตั้งรหัสผ่านใหม่ที่ท่านรู้เพียงผู้เดียวก่อนใช้งานต่อ</Trans>
      </Notice>
      <FailureNotice failure={attempt.failure} />
      <TextField
        label={t`รหัสผ่านเดิมหรือรหัสที่ได้รับ`}
        type="password"
        autoComplete="current-password"
        value={old}
        onChange={setOld}
        isRequired
        autoFocus
      />
      <TextField
        label={t`รหัสผ่านใหม่`}
        hint={t`ใช้ตัวอักษรไทย อังกฤษ ตัวเลข สัญลักษณ์ และเว้นวรรคได้ ยิ่งยาวยิ่งปลอดภัย`}
        type="password"
        autoComplete="new-password"
        value={next}
        onChange={setNext}
        isRequired
      />
      <Button type="submit" variant="primary" block isPending={attempt.busy}>
        <Trans>บันทึกรหัสผ่าน</Trans>
      </Button>
    </form>
  );
}
