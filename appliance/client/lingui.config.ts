/** Texts are written in Thai in the source; `en.po` holds the English. `npm run i18n:extract` brings both up to date. */
import type { LinguiConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-po";

const config: LinguiConfig = {
  sourceLocale: "th",
  locales: ["th", "en"],
  catalogs: [{ path: "<rootDir>/src/i18n/{locale}", include: ["<rootDir>/src"] }],
  format: formatter({ lineNumbers: false }),
  orderBy: "origin",
};

export default config;
