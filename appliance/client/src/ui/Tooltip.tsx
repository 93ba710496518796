/** A word of explanation on hover and on keyboard focus; the trigger is described by it for screen readers. */
import type { ReactNode } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import "./Tooltip.css";

interface TooltipProps {
  text: ReactNode;
  children: ReactNode;
  placement?: "top" | "bottom" | "left" | "right";
}

export function Tooltip({ text, children, placement = "top" }: TooltipProps) {
  return (
    <TooltipTrigger delay={350} closeDelay={60}>
      {children}
      <AriaTooltip className="tooltip" placement={placement} offset={6}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
