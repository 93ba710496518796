/**
 * Notifications of the system, and whether somebody is looking at a window of ours.
 *
 * They are shown by the service worker where there is one: browsers on phones refuse the page's own constructor, and only
 * the worker can open a window when one is pressed (sw/pressed.ts). Nothing is swallowed: what the browser answers is
 * rejected with. While a window has the focus it holds a lock, which the browser frees if the window dies.
 */
import type { NotificationsPort, SystemNotice } from "#core/ports";

const ATTENTION = "gchat-attention";
/** What the worker says to a page when a notification was pressed (sw/pressed.ts). */
interface Pressed {
  readonly kind: "notification_pressed";
  readonly hash: string;
}

const isApple = (): boolean => /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

function permission(): ReturnType<NotificationsPort["permission"]> {
  if (!globalThis.isSecureContext) return "insecure";
  if ("Notification" in globalThis) return Notification.permission;
  // Safari on phones has them in an installed application only.
  return isApple() && !matchMedia("(display-mode: standalone)").matches ? "needs_install" : "unsupported";
}

/** The browser, of which one without HTTPS lacks what TypeScript takes for granted. */
const browser = (): Partial<Navigator> => navigator;

async function worker(): Promise<ServiceWorkerRegistration | null> {
  const registration = await browser().serviceWorker?.getRegistration();
  return registration?.active ? registration : null;
}

/** Shown by a page without a worker: by tag, so that they can be taken away. */
const shown = new Map<string, Notification>();
const pressed = new Set<(hash: string) => void>();

async function show({ title, body, tag, sound, hash }: SystemNotice): Promise<void> {
  const options = { body, tag, silent: !sound, renotify: true, icon: "/icon-192.png", data: { hash } };
  const registration = await worker();
  if (registration !== null) return await registration.showNotification(title, options);
  const notification = new Notification(title, options);
  shown.set(tag, notification);
  notification.addEventListener("click", () => {
    window.focus();
    notification.close();
    for (const listener of [...pressed]) listener(hash);
  });
  await new Promise((done, fail) => {
    notification.addEventListener("show", done);
    notification.addEventListener("error", () => fail(new Error("error")));
  });
}

async function onScreen(tag: string | null): Promise<readonly Notification[]> {
  const ofWorker = await (await worker())?.getNotifications(tag === null ? {} : { tag });
  return [...(ofWorker ?? []), ...[...shown].filter(([one]) => tag === null || one === tag).map(([, one]) => one)];
}

async function looked(): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return held?.some((lock) => lock.name === ATTENTION) ?? false;
}

/** Holds the lock while this window has the focus. */
function holdAttention(): void {
  if (!("locks" in navigator)) return;
  let release: (() => void) | null = null;
  const look = (): void => {
    const looking = document.hasFocus() && document.visibilityState === "visible";
    if (looking === (release !== null)) return;
    if (!looking) {
      release?.();
      release = null;
      return;
    }
    const end = new Promise<void>((done) => (release = done));
    void navigator.locks.request(ATTENTION, { mode: "shared" }, () => end);
  };
  for (const type of ["focus", "blur", "pageshow", "pagehide"]) window.addEventListener(type, look);
  document.addEventListener("visibilitychange", look);
  look();
}

/** Calls `listener` when the browser's settings change; some browsers only let us look when the page is seen again. */
function watchPermission(listener: () => void): void {
  document.addEventListener("visibilitychange", listener);
  window.addEventListener("focus", listener);
  void browser()
    .permissions?.query({ name: "notifications" })
    .then((status) => status.addEventListener("change", listener))
    .catch(() => undefined); // a browser that cannot be asked is looked at when the page is seen again
}

/** Makes the port; used once, since it listens to the page. */
export function browserNotifications(): NotificationsPort {
  if (typeof document !== "undefined") holdAttention();
  return {
    permission,
    device: () => (isApple() ? "apple" : /Android/.test(navigator.userAgent) ? "android" : "desktop"),
    ask: async () => void (await Notification.requestPermission()),
    onPermission: watchPermission,
    looked,
    show,
    onScreen: async (tag) => (await onScreen(tag)).length > 0,
    clear: async (tag) => {
      for (const notification of await onScreen(tag)) notification.close();
      if (tag === null) shown.clear();
      else shown.delete(tag);
    },
    onPressed: (listener) => {
      pressed.add(listener);
      browser().serviceWorker?.addEventListener("message", ({ data }: MessageEvent<Pressed | undefined>) => {
        if (data?.kind === "notification_pressed") listener(data.hash);
      });
    },
  };
}
