/** Which language the client speaks: loads a catalogue and makes it the active one, without a reload. */
import { i18n, type Messages } from "@lingui/core";

import { withThaiDigits } from "./digits";

export type Locale = "th" | "en";

const CATALOGUES: Record<Locale, () => Promise<{ messages: Messages }>> = {
  th: () => import("./th.po"),
  en: () => import("./en.po"),
};

/**
 * Also sets `lang` on the document: browsers break Thai lines by it, and screen readers choose a voice. Sentences and
 * the counts of their plurals take their digits from here; what is filled into them has passed through `dates.ts`.
 */
export async function activateLocale(locale: Locale, digits: "arabic" | "thai" = "arabic"): Promise<void> {
  const { messages } = await CATALOGUES[locale]();
  const thai = locale === "th" && digits === "thai";
  i18n.loadAndActivate({ locale, locales: thai ? ["th-TH-u-nu-thai"] : [locale], messages: thai ? withThaiDigits(messages) : messages });
  document.documentElement.lang = locale;
}
