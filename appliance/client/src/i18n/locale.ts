/** Which language the client speaks: loads a catalogue and makes it the active one, without a reload. */
import { i18n, type Messages } from "@lingui/core";

export type Locale = "th" | "en";

const CATALOGUES: Record<Locale, () => Promise<{ messages: Messages }>> = {
  th: () => import("./th.po"),
  en: () => import("./en.po"),
};

/** Also sets `lang` on the document: browsers break Thai lines by it, and screen readers choose a voice. */
export async function activateLocale(locale: Locale): Promise<void> {
  const { messages } = await CATALOGUES[locale]();
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
}
