/**
 * Dialogs: focus goes in, stays in, and returns to where it came from; Esc and the browser's Back close. On a narrow screen
 * a dialog is a sheet of the full width, so that nothing scrolls sideways at 320 px.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Button, IconButton } from "./Button";
import { useCloseOnBack } from "./layers";
import { NamedText } from "./Name";
import "./Dialog.css";

interface DialogProps {
  title: string;
  /** Names of people in the title: each of their parts stays whole. */
  names?: readonly string[];
  /** The name of the cross; absent when a button below says the same. */
  closeLabel?: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  size?: "s" | "m" | "l";
  /** Of one height, whatever is inside: for lists that grow and shrink as one types. */
  tall?: boolean;
  /** Nothing but words inside: the words take the focus, so that the keyboard scrolls them. */
  readable?: boolean;
  role?: "dialog" | "alertdialog";
  /** Something was typed or chosen here: nothing throws it away unasked, neither Esc, Back, the cross nor a stray click. */
  dirty?: boolean;
}

export function Dialog({ title, names = [], closeLabel, onClose, children, footer, size = "m", tall, readable, role = "dialog", dirty = false }: DialogProps) {
  const { t } = useLingui();
  const [asking, setAsking] = useState(false);
  const close = dirty ? () => setAsking(true) : onClose;
  useCloseOnBack(close);
  return (
    <ModalOverlay className="overlay" isOpen isDismissable={role === "dialog"} onOpenChange={(open) => !open && close()}>
      <Modal className={`modal modal-${size} ${tall ? "modal-tall" : ""}`}>
        <AriaDialog className="dialog" role={role}>
          <header className="dialog-head">
            <Heading slot="title" level={2}>
              <NamedText text={title} names={names} />
            </Heading>
            {closeLabel !== undefined && <IconButton icon="close" label={closeLabel} onPress={close} placement="bottom" />}
          </header>
          <div className="dialog-body" {...(readable ? { tabIndex: 0, role: "group", "aria-label": title } : {})}>
            {children}
          </div>
          {footer !== undefined && <footer className="dialog-foot">{footer}</footer>}
        </AriaDialog>
        {asking && (
          <ConfirmDialog
            title={t`ละทิ้งสิ่งที่กรอกไว้หรือไม่`}
            confirmLabel={t`ละทิ้ง`}
            cancelLabel={t`กลับไปทำต่อ`}
            danger
            onClose={() => setAsking(false)}
            onConfirm={onClose}
          >
            <p>
              <Trans>สิ่งที่ท่านกรอกหรือเลือกไว้ในหน้านี้จะหายไป</Trans>
            </p>
          </ConfirmDialog>
        )}
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  title: string;
  names?: readonly string[];
  children: ReactNode;
  confirmLabel: string;
  cancelLabel: string;
  danger?: boolean;
  isPending?: boolean;
  dirty?: boolean;
  /** Why it cannot be confirmed yet. */
  denied?: string | undefined;
  error?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}

/** A question before something that cannot be taken back. */
export function ConfirmDialog(props: ConfirmProps) {
  const { title, names = [], children, confirmLabel, cancelLabel, danger, isPending, dirty, denied, error, onConfirm, onClose } = props;
  return (
    <Dialog
      title={title}
      names={names}
      onClose={onClose}
      size="s"
      role="alertdialog"
      dirty={dirty === true}
      footer={
        <>
          <Button onPress={onClose} autoFocus={danger === true}>
            {cancelLabel}
          </Button>
          <Button variant={danger ? "danger" : "primary"} onPress={onConfirm} isPending={isPending === true} denied={denied}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      {children}
      {error}
    </Dialog>
  );
}
