/**
 * The oldest browsers that the client is built for, and what holds the build to it.
 *
 * Rules: syntax and style are lowered to these versions by the build; what cannot be lowered (methods of the language and
 * of the browser, style functions) must not be in a built file, or the build fails. `public/old-browser.js` looks for the
 * same floor in the browser and shows a page of its own below it. The versions are told to people in docs/people.md.
 */
import type { Plugin } from "vite";

/** Spring 2022: style layers, `Array.findLast`. Windows 7 and 8.1 end at Chrome 109 and Firefox ESR 115, iOS 15 at Safari 15.6. */
export const FLOOR = ["chrome99", "edge99", "firefox104", "safari15.4", "ios15.4"];

const version = (major: number, minor = 0): number => (major << 16) | (minor << 8);
/** The same floor in the numbers of the style compiler. */
export const STYLE_FLOOR = { chrome: version(99), edge: version(99), firefox: version(104), safari: version(15, 4), ios_saf: version(15, 4) };

const TOO_NEW_CODE: readonly RegExp[] = [
  /\.(?:toSorted|toReversed|toSpliced|isWellFormed|toWellFormed)\(/u,
  /\b(?:Object|Map)\.groupBy\(/u,
  /\bPromise\.(?:withResolvers|try)\(/u,
  /\bArray\.fromAsync\(/u,
  /\bAbortSignal\.any\(/u,
  /\bURL\.canParse\(/u,
  /\.(?:union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom)\(/u,
  /\(\?<[=!]/u, // an expression that looks behind
  /\bstatic\{/u,
];
const TOO_NEW_STYLE: readonly RegExp[] = [/light-dark\(/u, /color-mix\(/u, /:has\(/u, /@scope\b/u, /@starting-style/u, /&[\s.:[>]/u];

/** What of a built file no browser at the floor understands. */
export function tooNew(file: string, text: string): string[] {
  const signs = file.endsWith(".css") ? TOO_NEW_STYLE : TOO_NEW_CODE;
  return signs.flatMap((sign) => sign.exec(text)?.[0] ?? []);
}

export function holdFloor(): Plugin {
  return {
    name: "gchat-floor",
    apply: "build",
    generateBundle(_, bundle) {
      for (const [file, output] of Object.entries(bundle)) {
        const text = output.type === "chunk" ? output.code : typeof output.source === "string" ? output.source : null;
        if (text === null || !/\.(?:js|css)$/u.test(file)) continue;
        const found = tooNew(file, text);
        if (found.length > 0) this.error(`${file} needs a newer browser than build/floor.ts says: ${found.join(" ")}`);
      }
    },
  };
}
