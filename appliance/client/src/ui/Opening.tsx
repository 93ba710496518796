/** What stands while there is nothing to show yet: the same as in index.html before the client has come. */
import { useLingui } from "@lingui/react/macro";

import "./Opening.css";

/** The whole page. */
export function Opening() {
  return (
    <main className="opening">
      <h1 className="opening-name">G-Chat</h1>
      <OpeningWords />
    </main>
  );
}

/** A wheel and a word, where the name stands already. */
export function OpeningWords() {
  const { t } = useLingui();
  return (
    <p className="opening-words" role="status">
      <span className="opening-wheel" aria-hidden />
      {t`กำลังเปิด`}
    </p>
  );
}
