import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AttemptState } from "#core/attempt";
import type { SessionState } from "#core/snapshots";
import { getPasskey } from "#platform/passkeys";
import { Button } from "#ui/Button";
import { TextField } from "#ui/TextField";

import { LoginForm } from "./LoginForm";
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
  const [tried, setTried] = useState(false);
  const [recovering, setRecovering] = useState(false);
  const options = state.passkeyOptions;
  const canRecover = state.factors.includes("recovery");
  if (recovering) {
    const leave = () => {
      model.attempt.clear();
      setRecovering(false);
    };
    return <RecoveryForm attempt={attempt} model={model} onLeave={leave} />;
  }
  return (
    <LoginForm
      title={<Trans>ยืนยันตัวตนขั้นที่สอง</Trans>}
      failure={attempt.failure}
      onSubmit={() => {
        setTried(true);
        if (code.trim() !== "") void model.sendCode(code);
      }}
    >
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
            error={tried && code.trim() === "" ? t`โปรดกรอกรหัส 6 หลัก` : undefined}
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
      {canRecover ? (
        <Button
          variant="quiet"
          block
          onPress={() => {
            model.attempt.clear();
            setRecovering(true);
          }}
        >
          <Trans>โทรศัพท์หายหรือไม่มีอยู่กับตัว ใช้รหัสกู้คืน</Trans>
        </Button>
      ) : (
        <p className="login-hint">
          <Trans>โทรศัพท์หายและไม่มีรหัสกู้คืน โปรดติดต่อผู้ดูแลระบบของหน่วยงาน</Trans>
        </p>
      )}
      <Button variant="quiet" block onPress={model.cancel}>
        <Trans>กลับไปหน้าเข้าสู่ระบบ</Trans>
      </Button>
    </LoginForm>
  );
}

/** One of the codes that were handed out with the second factor, good once. */
function RecoveryForm({ attempt, model, onLeave }: { attempt: AttemptState; model: LoginModel; onLeave: () => void }) {
  const { t } = useLingui();
  const [code, setCode] = useState("");
  const [tried, setTried] = useState(false);
  return (
    <LoginForm
      title={<Trans>เข้าสู่ระบบด้วยรหัสกู้คืน</Trans>}
      failure={attempt.failure}
      onSubmit={() => {
        setTried(true);
        if (code.trim() !== "") void model.sendRecovery(code);
      }}
    >
      <TextField
        label={t`รหัสกู้คืน`}
        hint={t`แต่ละรหัสใช้ได้ครั้งเดียว พิมพ์ตัวเล็กหรือไม่มีขีดก็ได้`}
        autoComplete="off"
        value={code}
        onChange={setCode}
        error={tried && code.trim() === "" ? t`โปรดกรอกรหัสกู้คืน` : undefined}
        isRequired
        autoFocus
      />
      <Button type="submit" variant="primary" block isPending={attempt.busy}>
        <Trans>ยืนยัน</Trans>
      </Button>
      <Button variant="quiet" block onPress={onLeave}>
        <Trans>กลับไปใช้วิธีอื่น</Trans>
      </Button>
    </LoginForm>
  );
}
