/** What the system has to say in place: information, a warning, a failure; and the two empty states of a screen. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import "./Notice.css";

type NoticeKind = "info" | "warn" | "error" | "ok";
const ICONS: Record<NoticeKind, IconName> = { info: "info", warn: "error", error: "error", ok: "check" };

interface NoticeProps {
  kind?: NoticeKind;
  children: ReactNode;
  action?: ReactNode;
  /** Announced when it appears: errors at once, the rest politely. */
  live?: boolean;
}

export function Notice({ kind = "info", children, action, live }: NoticeProps) {
  return (
    <div className={`notice notice-${kind}`} {...(live ? { role: kind === "error" ? "alert" : "status" } : {})}>
      <Icon name={ICONS[kind]} />
      <div className="notice-words">{children}</div>
      {action}
    </div>
  );
}

export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size="l" />
      <p className="empty-title">{title}</p>
      {children !== undefined && <div className="empty-words">{children}</div>}
    </div>
  );
}

/** The sign that something is under way, for the eyes alone. */
export function Dots() {
  return (
    <span className="loading-dots" aria-hidden>
      <i />
      <i />
      <i />
    </span>
  );
}

/** Says what is on its way: dots at once, the words for everybody who still waits half a second later. */
export function Loading({ label }: { label: string }) {
  return (
    <div className="loading" role="status">
      <Dots />
      <span className="loading-words">{label}</span>
    </div>
  );
}
