/**
 * A view over the whole window, dark around what is looked at: focus goes in, stays in, and returns to where it came from;
 * Esc and the browser's Back close.
 */
import type { KeyboardEvent, ReactNode } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";

import { useCloseOnBack } from "./layers";
import "./FullScreen.css";

interface FullScreenProps {
  title: ReactNode;
  /** What stands below the title, in one line. */
  detail?: ReactNode;
  /** Buttons at the end of the head; the last one closes. */
  actions: ReactNode;
  onClose: () => void;
  /** Hears the keys wherever the focus is in it. */
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  children: ReactNode;
}

export function FullScreen({ title, detail, actions, onClose, onKeyDown, children }: FullScreenProps) {
  useCloseOnBack(onClose);
  return (
    <ModalOverlay className="full-screen on-black" isOpen onOpenChange={(open) => !open && onClose()}>
      <Modal className="full-screen-modal">
        <AriaDialog className="full-screen-dialog">
          <div className="full-screen-frame" {...(onKeyDown === undefined ? {} : { onKeyDown })}>
            <header className="full-screen-head">
              <div className="full-screen-words">
                <Heading slot="title" level={2} className="full-screen-title" dir="auto">
                  {title}
                </Heading>
                {detail !== undefined && <p className="full-screen-detail">{detail}</p>}
              </div>
              <div className="full-screen-actions">{actions}</div>
            </header>
            {children}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
