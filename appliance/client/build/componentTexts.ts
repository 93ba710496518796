/**
 * Leaves two languages in React Aria: English, which it has, and Thai, which it lacks (src/ui/componentTexts.ts).
 *
 * The library brings the few words of its components in 34 languages; the others would only be weight on the first visit.
 * Each `intlStrings` module is replaced by one with these two.
 */
import { dirname, relative } from "node:path";

import type { Plugin } from "vite";

const STRINGS = /\/(?:react-aria|react-stately|react-aria-components)\/dist\/private\/(?:(.+)\/)?intlStrings\.mjs$/;

export function componentTexts({ root }: { root: string }): Plugin {
  const thai = `${root}src/ui/componentTexts.ts`;
  return {
    name: "gchat-component-texts",
    enforce: "pre",
    load(id) {
      const found = STRINGS.exec(id);
      if (!found) return null;
      const part = found[1];
      const english = part === undefined ? "./intl/en-US.mjs" : `${relative(dirname(id), dirname(dirname(id)))}/intl/${part}/en-US.mjs`;
      return `import english from ${JSON.stringify(english)};
import { COMPONENT_TEXTS } from ${JSON.stringify(thai)};
export default { "en-US": english, "th-TH": { ...english, ...COMPONENT_TEXTS[${JSON.stringify(part ?? "components")}] } };`;
    },
  };
}
