/** The browser's offer to install the client, kept until somebody takes it or sends it away (C1). */
import { type Readable, Store } from "#core/store";

export interface InstallOffer {
  readonly install: () => void;
  readonly dismiss: () => void;
}

interface BeforeInstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** `dismissed` and `remember` keep a refusal, so that the offer is made once. */
export function installOffer(dismissed: () => boolean, remember: () => void): Readable<InstallOffer | null> {
  const offer = new Store<InstallOffer | null>(null);
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    if (dismissed()) return;
    const close = () => offer.set(null);
    offer.set({
      install: () => {
        close();
        void (event as BeforeInstallPrompt).prompt();
      },
      dismiss: () => {
        remember();
        close();
      },
    });
  });
  window.addEventListener("appinstalled", () => offer.set(null));
  return offer;
}
