import { useLingui } from "@lingui/react/macro";

import { formatNumber } from "#i18n/dates";

import { PasswordField } from "./PasswordField";

interface NewPasswordFieldProps {
  /** The fewest characters the agency allows. */
  shortest: number;
  value: string;
  onChange: (value: string) => void;
  /** The form was sent once: an empty field now says so. */
  tried?: boolean;
  autoFocus?: boolean;
}

/** A password being chosen. What it must be is said before it is tried; its eye stands in for typing it twice. */
export function NewPasswordField({ shortest, value, onChange, tried = false, autoFocus = false }: NewPasswordFieldProps) {
  const { t } = useLingui();
  const length = formatNumber(shortest);
  return (
    <PasswordField
      label={t`รหัสผ่านใหม่`}
      hint={t`อย่างน้อย ${length} ตัวอักษร ใช้ตัวอักษรไทย อังกฤษ ตัวเลข สัญลักษณ์ และเว้นวรรคได้ ยิ่งยาวยิ่งปลอดภัย`}
      autoComplete="new-password"
      value={value}
      onChange={onChange}
      error={tried && value === "" ? t`โปรดกรอกรหัสผ่านใหม่` : undefined}
      autoFocus={autoFocus}
    />
  );
}
