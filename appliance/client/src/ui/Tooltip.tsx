/** A word of explanation on hover and on keyboard focus; the trigger is described by it for screen readers. */
import type { ReactNode } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import "./Tooltip.css";

interface TooltipProps {
  text: ReactNode;
  children: ReactNode;
  placement?: "top" | "bottom" | "left" | "right";
  /** Opened by something else than hover and focus as well. */
  isOpen?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Tooltip({ text, children, placement = "top", isOpen, onOpenChange }: TooltipProps) {
  return (
    <TooltipTrigger
      delay={350}
      closeDelay={60}
      {...(isOpen === undefined ? {} : { isOpen })}
      {...(onOpenChange === undefined ? {} : { onOpenChange })}
    >
      {children}
      <AriaTooltip className="tooltip" placement={placement} offset={6}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
