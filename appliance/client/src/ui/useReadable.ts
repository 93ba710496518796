/** Joins a store of the core to a view: renders again when the snapshot changes identity. */
import { useSyncExternalStore } from "react";

import type { Readable } from "#core/store";

export function useReadable<T>(source: Readable<T>): T {
  return useSyncExternalStore(source.subscribe, source.snapshot);
}
