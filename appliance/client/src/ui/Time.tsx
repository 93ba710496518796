/** A moment, readable by people and by machines; the full date is in the tooltip of the browser. */
import { formatDateTime, isoTime } from "#i18n/dates";

import { useLocale } from "./useLocale";

export function Time({ at, children, className }: { at: number; children: string; className?: string }) {
  useLocale();
  return (
    <time dateTime={isoTime(at)} title={formatDateTime(at)} {...(className === undefined ? {} : { className })}>
      {children}
    </time>
  );
}
