/**
 * A menu or a small panel that opens at an element which is not its own trigger: the message under a long press, the row
 * that a key was pressed on. Focus goes in, and back to where it was when it closes. Around a panel the popover itself is
 * the dialog, so that its buttons for screen readers are in it as well.
 */
import { type ReactNode, useRef } from "react";
import { Menu as AriaMenu } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";

import { useCloseOnBack } from "./layers";
import { MenuItems, runAction, type MenuAction } from "./Menu";
import "./Menu.css";

/** An element, or a point of the window: where the pointer was. */
export type Anchor = Element | { readonly x: number; readonly y: number };

interface AnchorProps {
  anchor: Anchor;
  label: string;
  onClose: () => void;
  placement?: "bottom start" | "bottom end" | "top start" | "top end";
}

export function AnchoredMenu({ actions, ...at }: AnchorProps & { actions: readonly MenuAction[] }) {
  const { label, onClose } = at;
  return (
    <AnchoredPopover {...at}>
      <AriaMenu aria-label={label} className="menu" autoFocus="first" onClose={onClose} onAction={(id) => runAction(actions, id)}>
        <MenuItems label={label} actions={actions} />
      </AriaMenu>
    </AnchoredPopover>
  );
}

export function AnchoredPanel({ children, ...at }: AnchorProps & { children: ReactNode }) {
  return (
    <AnchoredPopover {...at}>
      <div className="anchored-panel">{children}</div>
    </AnchoredPopover>
  );
}

function AnchoredPopover({ anchor, label, onClose, placement, children }: AnchorProps & { children: ReactNode }) {
  useCloseOnBack(onClose);
  const point = useRef<HTMLSpanElement>(null);
  const isPoint = !(anchor instanceof Element);
  return (
    <>
      {isPoint && <span ref={point} className="anchor-point" style={{ left: anchor.x, top: anchor.y }} />}
      <Popover
        className="popover"
        aria-label={label}
        triggerRef={isPoint ? point : { current: anchor }}
        isOpen
        onOpenChange={(open) => !open && onClose()}
        placement={placement ?? (isPoint ? "bottom start" : "bottom end")}
        offset={isPoint ? 0 : 4}
      >
        {children}
      </Popover>
    </>
  );
}
