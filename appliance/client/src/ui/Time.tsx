/** A moment, readable by people and by machines; the full date is in the tooltip of the browser. */
import { useLingui } from "@lingui/react";

import { formatDateTime, isoTime } from "#i18n/dates";

export function Time({ at, children, className }: { at: number; children: string; className?: string }) {
  useLingui();
  return (
    <time dateTime={isoTime(at)} title={formatDateTime(at)} {...(className === undefined ? {} : { className })}>
      {children}
    </time>
  );
}
