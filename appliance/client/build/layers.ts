/** The layers of `src/`, as import prefixes: `#core/store` means `src/core/store` wherever it is written. */
import type { Alias } from "vite";

export const LAYERS = ["core", "platform", "ui", "features", "i18n"] as const;

export function layerAliases(root: string): Alias[] {
  return LAYERS.map((layer) => ({ find: new RegExp(`^#${layer}/`), replacement: `${root}src/${layer}/` }));
}
