/** Which language the client speaks: loads a catalogue and makes it the active one, without a reload. */
import { i18n, type Messages } from "@lingui/core";

export type Locale = "th" | "en";

const CATALOGUES: Record<Locale, () => Promise<{ messages: Messages }>> = {
  th: () => import("./th.po"),
  en: () => import("./en.po"),
};

/**
 * Also sets `lang` on the document: browsers break Thai lines by it, and screen readers choose a voice. Counts within
 * sentences take their digits from here; all other numbers pass through `dates.ts`.
 */
export async function activateLocale(locale: Locale, digits: "arabic" | "thai" = "arabic"): Promise<void> {
  const { messages } = await CATALOGUES[locale]();
  const locales = locale === "th" && digits === "thai" ? ["th-TH-u-nu-thai"] : [locale];
  i18n.loadAndActivate({ locale, locales, messages });
  document.documentElement.lang = locale;
}
