/** Tells the components which language the page speaks: their sorting, typing-ahead and reading direction follow it. */
import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";

import { useLocale } from "./useLocale";

export function ComponentLocale({ children }: { children: ReactNode }) {
  const locale = useLocale();
  return <I18nProvider locale={locale === "en" ? "en-GB" : "th-TH"}>{children}</I18nProvider>;
}
