/** Names within texts: where they stand, and in which language they are. Pure. */

interface Part {
  readonly words: string;
  readonly isName: boolean;
}

/** A text in parts, those apart that are one of the names; of two names at one place the longer counts. */
export function partsWithNames(text: string, names: readonly string[]): readonly Part[] {
  const parts: Part[] = [];
  let rest = text;
  while (rest !== "") {
    const [found] = names
      .map((name) => ({ name, at: rest.indexOf(name) }))
      .filter(({ name, at }) => name !== "" && at !== -1)
      .sort((a, b) => a.at - b.at || b.name.length - a.name.length);
    if (found === undefined) return [...parts, { words: rest, isName: false }];
    if (found.at > 0) parts.push({ words: rest.slice(0, found.at), isName: false });
    parts.push({ words: found.name, isName: true });
    rest = rest.slice(found.at + found.name.length);
  }
  return parts;
}

/** The attribute for a name that is not written in the language of the page. */
export function foreignLang(name: string, locale: string): { lang?: "th" | "en" } {
  const written = /[\u0e01-\u0e5b]/u.test(name) ? "th" : /[A-Za-z]/.test(name) ? "en" : locale;
  return written === locale ? {} : { lang: written as "th" | "en" };
}
