import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AttemptState } from "#core/attempt";
import { Button } from "#ui/Button";
import { Checkbox } from "#ui/Choice";
import { FailureNotice } from "#ui/Failure";
import { TextField } from "#ui/TextField";

interface PasswordFormProps {
  attempt: AttemptState;
  onSubmit: (user: string, password: string, remember: boolean) => Promise<boolean>;
}

/** Account and password. The answer never says which half was wrong, and neither does this form. */
export function PasswordForm({ attempt, onSubmit }: PasswordFormProps) {
  const { t } = useLingui();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [shared, setShared] = useState(false);
  return (
    <form
      className="login-form"
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit(user, password, !shared);
      }}
    >
      <h2>
        <Trans>เข้าสู่ระบบ</Trans>
      </h2>
      <FailureNotice failure={attempt.failure} />
      <TextField label={t`ชื่อผู้ใช้`} name="username" autoComplete="username" value={user} onChange={setUser} isRequired autoFocus />
      <TextField
        label={t`รหัสผ่าน`}
        type="password"
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        isRequired
      />
      <Checkbox isSelected={shared} onChange={setShared}>
        <Trans>เครื่องนี้ใช้ร่วมกับผู้อื่น (ไม่เก็บข้อมูลไว้ในเครื่อง)</Trans>
      </Checkbox>
      <Button type="submit" variant="primary" block isPending={attempt.busy}>
        <Trans>เข้าสู่ระบบ</Trans>
      </Button>
    </form>
  );
}
