import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AttemptState } from "#core/attempt";
import type { SessionState } from "#core/snapshots";
import { getPasskey } from "#platform/passkeys";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { TextField } from "#ui/TextField";

import type { LoginModel } from "./LoginModel";

interface SecondFactorFormProps {
  attempt: AttemptState;
  state: Extract<SessionState, { kind: "second_factor" }>;
  model: LoginModel;
}

/** The code of an authenticator (Thai digits too, and it may be pasted), or a passkey. */
export function SecondFactorForm({ attempt, state, model }: SecondFactorFormProps) {
  const { t } = useLingui();
  const [code, setCode] = useState("");
  const options = state.passkeyOptions;
  return (
    <form
      className="login-form"
      onSubmit={(event) => {
        event.preventDefault();
        void model.sendCode(code);
      }}
    >
      <h2>
        <Trans>ยืนยันตัวตนขั้นที่สอง</Trans>
      </h2>
      <FailureNotice failure={attempt.failure} />
      {state.factors.includes("totp") && (
        <>
          <TextField
            label={t`รหัส 6 หลักจากแอปยืนยันตัวตน`}
            hint={t`พิมพ์เลขไทยหรือเลขอารบิกก็ได้`}
            name="one-time-code"
            autoComplete="one-time-code"
            inputMode="numeric"
            value={code}
            onChange={setCode}
            isRequired
            autoFocus
          />
          <Button type="submit" variant="primary" block isPending={attempt.busy}>
            <Trans>ยืนยัน</Trans>
          </Button>
        </>
      )}
      {state.factors.includes("passkey") && options !== null && (
        <Button block icon="key" onPress={() => void getPasskey(options).then(model.sendPasskey)}>
          <Trans>ใช้พาสคีย์</Trans>
        </Button>
      )}
      <Button variant="quiet" block onPress={model.cancel}>
        <Trans>กลับไปหน้าเข้าสู่ระบบ</Trans>
      </Button>
    </form>
  );
}
