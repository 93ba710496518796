/** Composition root of the client: builds what the features share, chooses the language, mounts the page. */
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Store } from "#core/store";
import { ShellView } from "#features/shell/ShellView";
import { activateLocale } from "#i18n/locale";
import { registerServiceWorker, type WaitingUpdate } from "#platform/serviceWorker";

import "#ui/fonts.css";
import "#ui/tokens.css";
import "#ui/base.css";

async function start(root: HTMLElement): Promise<void> {
  const waitingUpdate = new Store<WaitingUpdate | null>(null);
  await activateLocale("th");
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <ShellView waitingUpdate={waitingUpdate} />
      </I18nProvider>
    </StrictMode>,
  );
  if (import.meta.env.PROD) await registerServiceWorker((update) => waitingUpdate.set(update));
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
await start(root);
