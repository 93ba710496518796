/**
 * A person's name as it stands in lists, headings and sentences: given and family name each stay whole, and a line breaks
 * between them. A name of another language than the page's says so, for screen readers and for breaking its lines.
 */
import { Fragment } from "react";

import { foreignLang, partsWithNames } from "./nameParts";
import { useLocale } from "./useLocale";
import "./Name.css";

export function Name({ children: name }: { children: string }) {
  const parts = name.split(" ");
  return (
    <span {...foreignLang(name, useLocale())}>
      {parts.map((part, i) => (
        <Fragment key={i}>
          {i > 0 && " "}
          <span className="name-part">{part}</span>
        </Fragment>
      ))}
    </span>
  );
}

/** A sentence in which these names stand. */
export function NamedText({ text, names }: { text: string; names: readonly string[] }) {
  return partsWithNames(text, names).map(({ words, isName }, i) => (isName ? <Name key={i}>{words}</Name> : <Fragment key={i}>{words}</Fragment>));
}
