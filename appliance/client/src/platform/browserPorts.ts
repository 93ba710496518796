/**
 * The core's ports on the browser: each a few lines, none with a decision in it.
 *
 * Used once, by the composition root. Tests have their own in memory.
 */
import type {
  ChannelPort,
  LocksPort,
  NetworkPort,
  OnlinePort,
  Ports,
  SettingsPort,
  StoragePort,
  VisibilityPort,
} from "#core/ports";

import { browserNotifications } from "./notifications";
import { socketPort } from "./socketPort";

/** Listens to `type` on `target`; returns the function that stops it. */
function on(target: EventTarget, type: string, listener: () => void): () => void {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}

const network: NetworkPort = {
  fetch: (input, init) => fetch(input, init),
  socket: (path) => {
    const address = new URL(path, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    return socketPort(new WebSocket(address));
  },
};

const online: OnlinePort = {
  online: () => navigator.onLine,
  subscribe: (listener) => {
    const stops = [on(window, "online", listener), on(window, "offline", listener)];
    return () => stops.forEach((stop) => stop());
  },
};

const visibility: VisibilityPort = {
  visible: () => document.visibilityState === "visible",
  subscribe: (listener) => on(document, "visibilitychange", listener),
};

const locks: LocksPort = {
  hold: async (name, holder, signal) => await navigator.locks.request(name, { signal }, holder),
};

function channel(name: string): ChannelPort {
  const line = new BroadcastChannel(name);
  return {
    post: (message) => line.postMessage(message),
    subscribe: (listener) => {
      const hear = (event: MessageEvent<unknown>): void => listener(event.data);
      line.addEventListener("message", hear);
      return () => line.removeEventListener("message", hear);
    },
    close: () => line.close(),
  };
}

/** Settings for the life of the page, where the browser keeps none: reading `localStorage` throws when cookies are blocked. */
const UNKEPT = new Map<string, string>();

const settings: SettingsPort = {
  get: (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return UNKEPT.get(key) ?? null;
    }
  },
  set: (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      if (value === null) UNKEPT.delete(key);
      else UNKEPT.set(key, value);
    }
  },
};

const storage: StoragePort = {
  indexedDB: () => {
    try {
      return "indexedDB" in globalThis ? indexedDB : null;
    } catch {
      return null; // blocked together with cookies
    }
  },
  persist: () => {
    // WebKitGTK has no `navigator.storage`; a browser that keeps nothing refuses.
    const ask = async (): Promise<boolean> => await navigator.storage.persist();
    void ask().catch(() => undefined);
  },
};

/** `language` says what the next call asks the server to answer in. */
export function browserPorts(language: () => string): Ports {
  return {
    time: {
      now: () => Date.now(),
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: (id) => clearTimeout(id),
    },
    network,
    online,
    visibility,
    locks,
    channel,
    settings,
    storage,
    notifications: browserNotifications(),
    crypto,
    random: () => Math.random(),
    language,
  };
}
