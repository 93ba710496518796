/**
 * The service worker: keeps the app shell, so that the client opens without the network.
 *
 * Owns the cache of built files. Rules: only files of the build, never anything under `/api`; a new version waits until
 * the user accepts it («update ready»), so that an open conversation is never reloaded under their hands.
 * Does not sync, send or decide what is notified: those belong to the page. It opens the window when a notification is
 * pressed.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

import { pressed } from "./pressed";

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: every file of the shell with its revision. */
declare const __SHELL_FILES__: { url: string; revision: string | null }[];

precacheAndRoute(__SHELL_FILES__);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { denylist: [/^\/api\//] }));

self.addEventListener("message", (event) => {
  if (event.data === "accept-update") void self.skipWaiting();
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(pressed(self.clients, event.notification.data));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});
