/** A checkbox with its words beside it, and a target of at least 24 px. Apart from `Choice.tsx`, since the sign-in page has one. */
import type { ReactNode } from "react";
import { CheckboxButton, CheckboxField } from "react-aria-components/Checkbox";
import { Icon } from "./Icon";
import "./Choice.css";

export interface ToggleProps {
  children: ReactNode;
  isSelected: boolean;
  onChange: (on: boolean) => void;
}

export function Checkbox({ children, ...toggle }: ToggleProps) {
  return (
    <CheckboxField {...toggle}>
      <CheckboxButton className="choice">
        <span className="choice-box" aria-hidden>
          <Icon name="check" size="s" />
        </span>
        <span className="choice-words">{children}</span>
      </CheckboxButton>
    </CheckboxField>
  );
}
