import { useReadable } from "#ui/useReadable";

import type { PreferencesModel } from "./PreferencesModel";
import "./account.css";

/** Thai or English, each in its own words, so that it can be found from the other. */
export function LanguageSwitch({ model }: { model: PreferencesModel }) {
  const { language } = useReadable(model);
  const other = language === "th" ? ("en" as const) : ("th" as const);
  return (
    <button type="button" className="language-switch" lang={other} onClick={() => void model.choose("language", other)}>
      {other === "en" ? "English" : "ภาษาไทย"}
    </button>
  );
}
