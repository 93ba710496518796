import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";

import type { AttemptState } from "#core/attempt";
import { Button } from "#ui/Button";
import { Checkbox } from "#ui/Checkbox";
import { PasswordField } from "#ui/PasswordField";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import { LoginForm } from "./LoginForm";
import type { LoginModel } from "./LoginModel";

interface PasswordFormProps {
  attempt: AttemptState;
  model: LoginModel;
}

/** Account and password. The answer never says which half was wrong, and neither does this form. */
export function PasswordForm({ attempt, model }: PasswordFormProps) {
  const { t } = useLingui();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [shared, setShared] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const empty = useReadable(model.empty);
  // Said until the field is filled, in the language of the moment.
  const userEmpty = (empty === "both" || empty === "user") && user.trim() === "";
  const passwordEmpty = (empty === "both" || empty === "password") && password === "";
  const submit = async (): Promise<void> => {
    await model.login(user, password, !shared);
    const missing = model.empty.snapshot();
    if (missing !== null) form.current?.querySelector<HTMLInputElement>(`input[name="${missing === "password" ? "password" : "username"}"]`)?.focus();
  };
  return (
    <LoginForm
      formRef={form}
      title={<Trans>เข้าสู่ระบบ</Trans>}
      failure={attempt.failure}
      onSubmit={() => void submit()}
    >
      <TextField
        label={t`ชื่อผู้ใช้`}
        name="username"
        autoComplete="username"
        value={user}
        onChange={setUser}
        error={userEmpty ? t`โปรดกรอกชื่อผู้ใช้` : undefined}
        isRequired
        autoFocus
      />
      <PasswordField
        label={t`รหัสผ่าน`}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={passwordEmpty ? t`โปรดกรอกรหัสผ่าน` : undefined}
      />
      <Checkbox isSelected={shared} onChange={setShared}>
        <Trans>เครื่องนี้ใช้ร่วมกับผู้อื่น (ไม่เก็บข้อมูลไว้ในเครื่อง)</Trans>
      </Checkbox>
      <Button type="submit" variant="primary" block isPending={attempt.busy} pendingLabel={t`กำลังเข้าสู่ระบบ`}>
        <Trans>เข้าสู่ระบบ</Trans>
      </Button>
    </LoginForm>
  );
}
