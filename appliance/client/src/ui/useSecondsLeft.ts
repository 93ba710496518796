import { useEffect, useState } from "react";

import type { Failure } from "#core/failure";

/** Whole seconds until what failed may be tried again, going down to 0; null when waiting is of no use. */
export function useSecondsLeft(failure: Failure | null): number | null {
  const waitMs = failure?.waitMs;
  const [passed, setPassed] = useState<{ failure: Failure | null; ms: number }>({ failure: null, ms: 0 });
  useEffect(() => {
    if (waitMs === undefined) return undefined;
    const began = performance.now();
    const timer = setInterval(() => {
      const ms = performance.now() - began;
      setPassed({ failure, ms });
      if (ms >= waitMs) clearInterval(timer);
    }, 1_000);
    return () => clearInterval(timer);
  }, [failure, waitMs]);
  if (waitMs === undefined) return null;
  return Math.max(0, Math.ceil((waitMs - (passed.failure === failure ? passed.ms : 0)) / 1_000));
}
