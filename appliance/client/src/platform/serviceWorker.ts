/**
 * Registers the service worker and says when a new version waits.
 *
 * Does not decide when to switch: the caller asks the user and then calls `accept`, which reloads the page once the new
 * worker has taken over.
 */
export interface WaitingUpdate {
  /** Lets the waiting version take over; the page reloads. */
  readonly accept: () => void;
}

const SCRIPT = "/sw.js";

// The content policy may ask for trusted script addresses; this one is a constant.
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): { createScriptURL(address: string): string };
}

function scriptAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return SCRIPT;
  return trustedTypes.createPolicy("gchat-service-worker", { createScriptURL: (address) => address }).createScriptURL(SCRIPT);
}

/** Does nothing where the browser has no service workers (plain HTTP other than loopback). */
export async function registerServiceWorker(onWaiting: (update: WaitingUpdate) => void): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register(scriptAddress());
  const announce = (): void => {
    const { waiting } = registration;
    if (waiting === null) return;
    onWaiting({
      accept: () => {
        navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
        waiting.postMessage("accept-update");
      },
    });
  };
  /** An older version answers: without one this is the first installation, which replaces nothing. */
  const replaces = (): boolean => registration.active !== null;
  if (replaces()) announce();
  registration.addEventListener("updatefound", () => {
    // Asked now: WebKit tells of the first version's states late, when that version is already the active one.
    if (replaces()) registration.installing?.addEventListener("statechange", announce);
  });
}
