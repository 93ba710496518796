import { useSyncExternalStore } from "react";

/** True while the page matches a media query; views ask only where a role or a focus depends on it, never for looks. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}
