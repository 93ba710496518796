/** Composition root of the client: builds what the features share, chooses the language, mounts the page. */
import "#platform/missing";

import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Core, Store } from "#core/index";
import { Recorder } from "#core/recorder";
import { NotificationsModel } from "#features/account/NotificationsModel";
import { type Preferences, PreferencesModel } from "#features/account/PreferencesModel";
import { FilesModel } from "#features/files/FilesModel";
import { formatRoute, REQUESTS, roomRoute } from "#features/shell/routes";
import { ShellModel } from "#features/shell/ShellModel";
import { setDateStyle } from "#i18n/dates";
import { activateLocale } from "#i18n/locale";
import { applyAppearance } from "#platform/appearance";
import { browserPorts } from "#platform/browserPorts";
import { installOffer } from "#platform/install";
import { browserHistory, PageLocation } from "#platform/location";
import { browserPictures, browserSounds } from "#platform/media";
import { browserMicrophone } from "#platform/microphone";
import { registerServiceWorker, type WaitingUpdate } from "#platform/serviceWorker";
import { keepFocus } from "#ui/keepFocus";
import { LayersContext } from "#ui/layers";
import { PhotoSourceContext } from "#ui/photoSource";
import { ComponentLocale } from "#ui/Locale";

import { App, loadWorkspace } from "./App";

import "#ui/fonts.css";
import "#ui/tokens.css";
import "#ui/base.css";

const INSTALL_REFUSED = "install_refused";

async function apply({ language, era, digits, theme, contrast, textSize }: Preferences): Promise<void> {
  applyAppearance(theme, contrast, textSize);
  setDateStyle({ era, digits });
  await activateLocale(language, digits);
}

function mount(root: HTMLElement, page: ReactNode): void {
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <ComponentLocale>{page}</ComponentLocale>
      </I18nProvider>
    </StrictMode>,
  );
}

async function start(element: HTMLElement): Promise<void> {
  const ports = browserPorts(() => i18n.locale);
  const preferences = new PreferencesModel(ports.settings, apply);
  await preferences.start();
  keepFocus();
  if (window.location.pathname.startsWith("/gallery")) {
    const { Gallery } = await import("#ui/Gallery");
    mount(element, <Gallery onLanguage={(language) => void preferences.choose("language", language)} />);
    return;
  }
  const update = new Store<WaitingUpdate | null>(null);
  const core = new Core(ports);
  const speak = () => core.people.speak(preferences.snapshot().language);
  preferences.subscribe(speak);
  speak();
  const location = new PageLocation(browserHistory());
  const shell = new ShellModel(location);
  const install = installOffer(
    () => ports.settings.get(INSTALL_REFUSED) !== null,
    () => ports.settings.set(INSTALL_REFUSED, "yes"),
  );
  const notifications = new NotificationsModel(
    core,
    { room: (room) => formatRoute(roomRoute(room)), requests: formatRoute(REQUESTS), settings: formatRoute({ place: "settings", page: "notifications" }) },
    shell.follow,
  );
  const files = new FilesModel(core, browserPictures, browserSounds());
  const recorder = new Recorder(browserMicrophone, ports.time);
  core.session.subscribe(() => {
    if (core.session.snapshot().kind !== "signed_in") recorder.cancel();
  });
  mount(
    element,
    <LayersContext value={location}>
      <PhotoSourceContext value={(person) => core.people.card(person)}>
        <App root={{ core, shell, preferences, notifications, files, recorder, update, install }} />
      </PhotoSourceContext>
    </LayersContext>,
  );
  await core.start();
  // What comes after signing in, before the service worker fetches all there is; drawing it asks again if this fails.
  await loadWorkspace().catch(() => undefined);
  if (import.meta.env.PROD) await registerServiceWorker((waiting) => update.set(waiting));
}

const element = document.getElementById("root");
if (element === null) throw new Error("index.html has no #root");
// Below the floor public/old-browser.js has the page. Not awaited here: the parts that are fetched later are built upon this
// module, and would wait for it to end.
if (document.documentElement.dataset["tooOld"] === undefined) void start(element);
