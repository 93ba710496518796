/**
 * A menu or a small panel that opens at an element which is not its own trigger: the message under a long press, the row
 * that a key was pressed on. Focus goes in, and back to where it was when it closes.
 */
import type { ReactNode } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Menu as AriaMenu } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";

import { useCloseOnBack } from "./layers";
import { MenuItems, runAction, type MenuAction } from "./Menu";
import "./Menu.css";

interface AnchorProps {
  anchor: Element;
  label: string;
  onClose: () => void;
  placement?: "bottom start" | "bottom end" | "top start" | "top end";
}

export function AnchoredMenu({ anchor, label, actions, onClose, placement = "bottom end" }: AnchorProps & { actions: readonly MenuAction[] }) {
  useCloseOnBack(onClose);
  return (
    <Popover
      className="popover"
      aria-label={label}
      triggerRef={{ current: anchor }}
      isOpen
      onOpenChange={(open) => !open && onClose()}
      placement={placement}
      offset={4}
    >
      <AriaMenu aria-label={label} className="menu" autoFocus="first" onClose={onClose} onAction={(id) => runAction(actions, id)}>
        <MenuItems label={label} actions={actions} />
      </AriaMenu>
    </Popover>
  );
}

export function AnchoredPanel({ anchor, label, onClose, placement = "bottom end", children }: AnchorProps & { children: ReactNode }) {
  useCloseOnBack(onClose);
  return (
    <Popover className="popover" triggerRef={{ current: anchor }} isOpen onOpenChange={(open) => !open && onClose()} placement={placement} offset={4}>
      <Dialog className="anchored-panel" aria-label={label}>
        {children}
      </Dialog>
    </Popover>
  );
}
