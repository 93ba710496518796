/** The language of the page; the view renders again when it, or the way dates are written, changes. */
import { useLingui } from "@lingui/react";

export function useLocale(): string {
  return useLingui().i18n.locale;
}
