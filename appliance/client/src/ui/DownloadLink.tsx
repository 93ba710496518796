/** Takes a file off the system: a link, so that the browser shows how far it has got, drawn as a button. */
import type { ReactNode } from "react";

import { Icon } from "./Icon";

interface DownloadProps {
  href: string;
  /** What the file is called where it is kept. */
  name: string;
  label: string;
  tabIndex?: number;
  /** Words beside the icon; without them the label is shown on hover. */
  children?: ReactNode;
}

export function DownloadLink({ href, name, label, tabIndex, children }: DownloadProps) {
  const looks = children === undefined ? "icon-button icon-button-m button-quiet" : "button-secondary";
  return (
    <a
      href={href}
      download={name}
      aria-label={label}
      className={`button button-link ${looks}`}
      {...(children === undefined ? { title: label } : {})}
      {...(tabIndex === undefined ? {} : { tabIndex })}
    >
      <Icon name="download" />
      {children !== undefined && <span className="button-label">{children}</span>}
    </a>
  );
}
