/** Switch and radio group: each with its words beside it, and a target of at least 24 px. */
import type { ReactNode } from "react";
import { Label } from "react-aria-components/Label";
import { RadioButton, RadioField, RadioGroup } from "react-aria-components/RadioGroup";
import { SwitchButton, SwitchField } from "react-aria-components/Switch";
import type { ToggleProps } from "./Checkbox";
import "./Choice.css";

/** A line among checkboxes that cannot be ticked, and why: its words stand where those of the others do. */
export function NoChoice({ children, end }: { children: ReactNode; end: ReactNode }) {
  return (
    <div className="choice choice-none">
      <span className="choice-box" aria-hidden />
      <span className="choice-words">{children}</span>
      <span className="choice-end">{end}</span>
    </div>
  );
}

export function Switch({ children, ...toggle }: ToggleProps) {
  return (
    <SwitchField {...toggle}>
      <SwitchButton className="choice choice-switch">
        <span className="choice-words">{children}</span>
        <span className="choice-track" aria-hidden>
          <span className="choice-thumb" />
        </span>
      </SwitchButton>
    </SwitchField>
  );
}

interface RadiosProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string; hint?: string }[];
}

export function Radios<T extends string>({ label, value, onChange, options }: RadiosProps<T>) {
  return (
    <RadioGroup className="radios" value={value} onChange={(chosen) => onChange(chosen as T)}>
      <Label className="field-label">{label}</Label>
      <div className="radios-options">
        {options.map((option) => (
          <RadioField key={option.value} value={option.value}>
            <RadioButton className="choice">
              <span className="choice-dot" aria-hidden />
              <span className="choice-words">
                {option.label}
                {option.hint !== undefined && <small className="choice-hint">{option.hint}</small>}
              </span>
            </RadioButton>
          </RadioField>
        ))}
      </div>
    </RadioGroup>
  );
}
