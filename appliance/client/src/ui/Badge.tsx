/** Small marks: a count of unread messages, and a chip of icon and words (kind, scope, role). */
import { formatNumber } from "#i18n/dates";

import { Icon, type IconName } from "./Icon";
import "./Badge.css";

/** At most `most` is shown; the label says the exact count in words. */
export function Badge({ count, label, quiet, most = 999 }: { count: number; label: string; quiet?: boolean; most?: number }) {
  if (count === 0) return null;
  return (
    <span className={`badge ${quiet ? "badge-quiet" : ""}`}>
      <span aria-hidden>{count > most ? `${formatNumber(most)}+` : formatNumber(count)}</span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

type Tone = "plain" | "accent" | "warn" | "danger" | "ok";

/** `label` says in words what the chip cuts short. */
export function Chip({ icon, children, tone = "plain", label }: { icon?: IconName; children: string; tone?: Tone; label?: string }) {
  return (
    <span className={`chip chip-${tone}`}>
      {icon && <Icon name={icon} size="s" />}
      {label === undefined ? children : <span aria-hidden>{children}</span>}
      {label !== undefined && <span className="visually-hidden">{label}</span>}
    </span>
  );
}

/** A key of the keyboard map. */
export function Key({ children }: { children: string }) {
  return <kbd className="key">{children}</kbd>;
}
