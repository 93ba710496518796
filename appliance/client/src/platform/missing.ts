/**
 * What a library calls and the oldest browsers (build/floor.ts) lack: `AbortSignal.timeout`, in Safari since 16 and in
 * Chrome since 103. React Aria waits with it for the keyboard of a phone. Imported first, for its effect.
 */

/** A signal that aborts after `ms`; the twin of `AbortSignal.timeout`. */
function timeoutSignal(ms: number): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ms);
  return abort.signal;
}

export function fillIn(signals: object): void {
  if (!("timeout" in signals)) Object.defineProperty(signals, "timeout", { value: timeoutSignal });
}

fillIn(AbortSignal);
