/**
 * A password: hidden until its eye is pressed, with a word where the keyboard may deceive (Caps Lock, the Thai layout).
 * The words are hints and stop nobody: a password may be in capitals and in Thai.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, useId, useState } from "react";

import { IconButton } from "./Button";
import { TextField } from "./TextField";

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: "current-password" | "new-password";
  name?: string;
  hint?: string;
  error?: string | undefined;
  autoFocus?: boolean;
}

const THAI = /[\u0e01-\u0e5b]/u;

export function PasswordField(props: PasswordFieldProps) {
  const { value } = props;
  const { t } = useLingui();
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const words = useId();
  const look = (event: KeyboardEvent) => setCapsLock(event.getModifierState("CapsLock"));
  return (
    <div className="password-field" onKeyDownCapture={look} onKeyUpCapture={look}>
      <TextField {...props} type={shown ? "text" : "password"} isRequired describedBy={words} />
      <IconButton
        icon={shown ? "eyeOff" : "eye"}
        label={shown ? t`ซ่อนตัวอักษรที่พิมพ์` : t`แสดงตัวอักษรที่พิมพ์`}
        pressed={shown}
        onPress={() => setShown(!shown)}
        className="password-eye"
      />
      <div id={words} role="status" className="password-words">
        {capsLock && (
          <p>
            <Trans>Caps Lock เปิดอยู่</Trans>
          </p>
        )}
        {THAI.test(value) && (
          <p>
            <Trans>แป้นพิมพ์เป็นภาษาไทย</Trans>
          </p>
        )}
      </div>
    </div>
  );
}
