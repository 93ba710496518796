import { afterEach, expect, test, vi } from "vitest";

import { registerServiceWorker } from "./serviceWorker";

afterEach(() => vi.unstubAllGlobals());

class Worker extends EventTarget {
  readonly postMessage = vi.fn();
}

class Registration extends EventTarget {
  active: Worker | null = null;
  waiting: Worker | null = null;
  installing: Worker | null = null;
}

/** What a browser does when it finds another version: it installs, waits, and says so. */
function install(registration: Registration): Worker {
  const version = new Worker();
  registration.installing = version;
  registration.dispatchEvent(new Event("updatefound"));
  registration.waiting = version;
  return version;
}

async function registered(registration: Registration): Promise<() => number> {
  vi.stubGlobal("navigator", {
    serviceWorker: Object.assign(new EventTarget(), { controller: registration.active, register: () => Promise.resolve(registration) }),
  });
  const offered = vi.fn();
  await registerServiceWorker(offered);
  return () => offered.mock.calls.length;
}

test("the first version is no update, even where its states are told after it has taken over the page", async () => {
  const registration = new Registration();
  const offered = await registered(registration);
  const first = install(registration);
  registration.active = first;
  Object.assign(navigator.serviceWorker, { controller: first });
  first.dispatchEvent(new Event("statechange"));
  expect(offered()).toBe(0);
});

test("a version that waits behind an older one is offered, whether it came now or before the page", async () => {
  const registration = new Registration();
  registration.active = new Worker();
  const offered = await registered(registration);
  expect(offered()).toBe(0);
  install(registration).dispatchEvent(new Event("statechange"));
  expect(offered()).toBe(1);
  expect((await registered(registration))()).toBe(1);
});
