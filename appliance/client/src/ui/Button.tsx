/**
 * Buttons. A button that a rule forbids stays focusable and says why: the same code the server would answer with
 * reaches the tooltip and the screen reader, so nobody has to guess why it is grey.
 */
import type { ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Icon, type IconName } from "./Icon";
import { Tooltip } from "./Tooltip";
import "./Button.css";

type Variant = "primary" | "secondary" | "quiet" | "danger";

interface CommonProps {
  variant?: Variant;
  onPress?: () => void;
  isDisabled?: boolean;
  /** What was asked is under way: keeps its place and its focus, and does nothing more. */
  isPending?: boolean;
  /** Why it may not be pressed, in the reader's language; absent when it may. */
  denied?: string | undefined;
  autoFocus?: boolean;
  ref?: Ref<HTMLButtonElement>;
  slot?: string;
  expanded?: boolean;
  pressed?: boolean;
  shortcut?: string;
  className?: string;
}

interface ButtonProps extends CommonProps {
  children: ReactNode;
  icon?: IconName;
  type?: "button" | "submit";
  /** The accessible name when the visible words alone would be unclear out of context. */
  label?: string;
  block?: boolean;
}

interface IconButtonProps extends CommonProps {
  icon: IconName;
  label: string;
  size?: "s" | "m";
  badge?: ReactNode;
  placement?: "top" | "bottom" | "left" | "right";
}

/** What both buttons hand to React Aria; absent values are left out, as exact optional types ask. */
function ariaProps(p: CommonProps): AriaButtonProps {
  return {
    ...(p.onPress !== undefined && p.denied === undefined && !p.isPending ? { onPress: p.onPress } : {}),
    ...(p.denied === undefined && !p.isPending ? {} : { "aria-disabled": true }),
    ...(p.isDisabled === undefined ? {} : { isDisabled: p.isDisabled }),
    ...(p.autoFocus === undefined ? {} : { autoFocus: p.autoFocus }),
    ...(p.slot === undefined ? {} : { slot: p.slot }),
    ...(p.expanded === undefined ? {} : { "aria-expanded": p.expanded }),
    ...(p.pressed === undefined ? {} : { "aria-pressed": p.pressed }),
    ...(p.shortcut === undefined ? {} : { "aria-keyshortcuts": p.shortcut }),
  };
}

export function Button({ children, icon, type = "button", label, block, ...common }: ButtonProps) {
  const { variant = "secondary", denied, ref, className = "" } = common;
  const button = (
    <AriaButton
      {...ariaProps(common)}
      {...(ref === undefined ? {} : { ref })}
      {...(label === undefined ? {} : { "aria-label": label })}
      type={type}
      className={`button button-${variant} ${block ? "button-block" : ""} ${common.isPending ? "button-pending" : ""} ${className}`}
    >
      {icon && <Icon name={icon} />}
      <span className="button-label">{children}</span>
    </AriaButton>
  );
  return denied === undefined ? button : <Tooltip text={denied}>{button}</Tooltip>;
}

export function IconButton({ icon, label, size = "m", badge, placement, ...common }: IconButtonProps) {
  const { variant = "quiet", denied, ref, className = "" } = common;
  return (
    <Tooltip text={denied === undefined ? label : `${label} · ${denied}`} {...(placement ? { placement } : {})}>
      <AriaButton
        {...ariaProps(common)}
        {...(ref === undefined ? {} : { ref })}
        aria-label={label}
        className={`button icon-button icon-button-${size} button-${variant} ${className}`}
      >
        <Icon name={icon} size={size === "s" ? "s" : "m"} />
        {badge}
      </AriaButton>
    </Tooltip>
  );
}
