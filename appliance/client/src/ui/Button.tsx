/**
 * Buttons. One that cannot be pressed yet, or that a rule forbids, stays focusable and says why: in words under it, on
 * every device, and to the screen reader; a button that is a mere icon says it as it is pressed. Nothing is natively
 * disabled, so nobody has to guess why it is grey. One that was pressed and waits for the answer shows dots, and says so.
 */
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, type Ref, useId, useState } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Icon, type IconName } from "./Icon";
import { Dots } from "./Notice";
import { Tooltip } from "./Tooltip";
import "./Button.css";

type Variant = "primary" | "secondary" | "quiet" | "danger";

interface CommonProps {
  variant?: Variant;
  onPress?: () => void;
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
  /** In place of the words while what was asked is under way. */
  pendingLabel?: string;
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
  /** It was pressed although it may not be. */
  onDenied?: () => void;
}

/** What both buttons hand to React Aria; absent values are left out, as exact optional types ask. */
function ariaProps(p: CommonProps): AriaButtonProps {
  return {
    ...(p.onPress !== undefined && p.denied === undefined && !p.isPending ? { onPress: p.onPress } : {}),
    ...(p.denied === undefined && !p.isPending ? {} : { "aria-disabled": true }),
    ...(p.autoFocus === undefined ? {} : { autoFocus: p.autoFocus }),
    ...(p.slot === undefined ? {} : { slot: p.slot }),
    ...(p.expanded === undefined ? {} : { "aria-expanded": p.expanded }),
    ...(p.pressed === undefined ? {} : { "aria-pressed": p.pressed }),
    ...(p.shortcut === undefined ? {} : { "aria-keyshortcuts": p.shortcut }),
  };
}

/** Whether this button is the one that waits: its neighbours wait as well, but nobody has pressed them. A form may be sent by a key. */
function useWorking({ isPending, onPress }: CommonProps, type: "button" | "submit"): [boolean, () => void] {
  const [pressed, setPressed] = useState(false);
  const isWaiting = isPending === true;
  if (pressed && !isWaiting) setPressed(false);
  const press = () => {
    onPress?.();
    setPressed(true);
  };
  return [isWaiting && (pressed || type === "submit"), press];
}

export function Button({ children, icon, type = "button", label, block, pendingLabel, ...common }: ButtonProps) {
  const { t } = useLingui();
  const { variant = "secondary", denied, ref, className = "" } = common;
  const reason = useId();
  const [isWorking, press] = useWorking(common, type);
  // One frame, with a reason in it or without: a button that is made anew as a reason comes or goes would lose the focus.
  return (
    <span className={denied === undefined ? "button-frame" : `button-frame button-denied ${block ? "button-block" : ""}`}>
      <AriaButton
        {...ariaProps({ ...common, ...(common.onPress === undefined ? {} : { onPress: press }) })}
        {...(denied === undefined ? {} : { "aria-describedby": reason })}
        {...(ref === undefined ? {} : { ref })}
        {...(label === undefined ? {} : { "aria-label": label })}
        // A form must not be sent by a button that does nothing.
        type={denied === undefined && !common.isPending ? type : "button"}
        className={`button button-${variant} ${block ? "button-block" : ""} ${common.isPending ? "button-pending" : ""} ${className}`}
      >
        {icon && <Icon name={icon} />}
        <span className="button-label">{isWorking && pendingLabel !== undefined ? pendingLabel : children}</span>
        {isWorking && <Dots />}
      </AriaButton>
      {common.isPending !== undefined && (
        <span className="visually-hidden" aria-live="polite">
          {isWorking ? (pendingLabel ?? t`กำลังดำเนินการ`) : ""}
        </span>
      )}
      {denied !== undefined && (
        <span id={reason} className="button-reason">
          {denied}
        </span>
      )}
    </span>
  );
}

export function IconButton({ icon, label, size = "m", badge, placement, onDenied, ...common }: IconButtonProps) {
  const { variant = "quiet", denied, ref, className = "" } = common;
  const [told, setTold] = useState(false);
  const tell = () => {
    setTold(true);
    onDenied?.();
  };
  return (
    <Tooltip
      text={denied === undefined ? label : `${label} · ${denied}`}
      {...(placement ? { placement } : {})}
      {...(denied === undefined ? {} : { isOpen: told, onOpenChange: setTold })}
    >
      <AriaButton
        {...ariaProps(common)}
        {...(denied === undefined ? {} : { onPress: tell })}
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
