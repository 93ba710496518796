/** A column of the screen with its heading; on narrow screens it fills the page and the arrow goes back. */
import type { ReactNode, Ref } from "react";
import { IconButton } from "./Button";
import "./Panel.css";

interface PanelProps {
  title: ReactNode;
  /** The landmark's name, when the title is not plain words. */
  label: string;
  leave?: { icon: "back" | "close"; label: string; onPress: () => void };
  actions?: ReactNode;
  children: ReactNode;
  headingRef?: Ref<HTMLHeadingElement>;
  className?: string;
  /** Nothing but words inside: they take the focus, so that the keyboard scrolls them. */
  readable?: boolean;
}

export function Panel({ title, label, leave, actions, children, headingRef, className = "", readable }: PanelProps) {
  const leaveButton = leave && <IconButton icon={leave.icon} label={leave.label} onPress={leave.onPress} placement="bottom" className={`panel-${leave.icon}`} />;
  return (
    <section className={`panel ${className}`} aria-label={label}>
      <header className="panel-head">
        {leave?.icon === "back" && leaveButton}
        <h2 className="panel-title" tabIndex={-1} {...(headingRef === undefined ? {} : { ref: headingRef })}>
          {title}
        </h2>
        {actions}
        {leave?.icon === "close" && leaveButton}
      </header>
      <div className="panel-body" {...(readable ? { tabIndex: 0, role: "group", "aria-label": label } : {})}>
        {children}
      </div>
    </section>
  );
}

/** One block of a panel, with a small heading of its own. */
export function PanelSection({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel-section" aria-label={title}>
      <div className="panel-section-head">
        <h3 tabIndex={-1}>{title}</h3>
        {actions}
      </div>
      {children}
    </section>
  );
}
