/**
 * One-line and many-line text fields with a visible label, a hint and an error that screen readers hear.
 * Rules: paste and password managers always work (WCAG 3.3.8); nothing is cleared behind the reader's back.
 */
import type { HTMLInputAutoCompleteAttribute, Ref } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea as AriaTextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField } from "react-aria-components/TextField";
import "./TextField.css";

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password";
  name?: string;
  hint?: string;
  error?: string | undefined;
  autoComplete?: HTMLInputAutoCompleteAttribute;
  inputMode?: "text" | "numeric";
  rows?: number;
  maxLength?: number;
  isRequired?: boolean;
  autoFocus?: boolean;
  hideLabel?: boolean;
  /** The id of words outside the field that belong to it. */
  describedBy?: string;
  /** The reader has left the field, or pressed Enter in it: what was typed is meant. */
  onCommit?: () => void;
  inputRef?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps) {
  const { label, value, onChange, type = "text", hint, error, rows, hideLabel, inputRef } = props;
  return (
    <AriaTextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      type={type}
      {...(props.name === undefined ? {} : { name: props.name })}
      {...(props.autoComplete === undefined ? {} : { autoComplete: props.autoComplete })}
      {...(props.inputMode === undefined ? {} : { inputMode: props.inputMode })}
      {...(props.maxLength === undefined ? {} : { maxLength: props.maxLength })}
      {...(props.isRequired === undefined ? {} : { isRequired: props.isRequired })}
      {...(props.autoFocus === undefined ? {} : { autoFocus: props.autoFocus })}
      {...(hideLabel ? { "aria-label": label } : {})}
      {...(props.describedBy === undefined ? {} : { "aria-describedby": props.describedBy })}
      {...(props.onCommit === undefined ? {} : commitProps(props.onCommit))}
      validationBehavior="aria"
    >
      {!hideLabel && <Label className="field-label">{label}</Label>}
      {rows === undefined ? (
        <Input className="field-input" {...(inputRef === undefined ? {} : { ref: inputRef })} />
      ) : (
        <AriaTextArea className="field-input field-area" rows={rows} />
      )}
      {hint !== undefined && error === undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

function commitProps(onCommit: () => void) {
  const onKeyDown = (event: { key: string; continuePropagation: () => void }) => {
    if (event.key === "Enter") onCommit();
    else event.continuePropagation();
  };
  return { onBlur: onCommit, onKeyDown };
}
