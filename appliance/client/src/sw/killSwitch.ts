/**
 * The service worker of last resort: removes every cache and itself, then reloads the open pages.
 *
 * `npm run build:kill-switch` builds it under the same name as the real one. An administrator serves it when a faulty
 * worker must be taken off every device; the next ordinary build installs itself again.
 */
declare const self: ServiceWorkerGlobalScope;

async function removeEverything(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
  await self.registration.unregister();
  for (const client of await self.clients.matchAll({ type: "window" })) await client.navigate(client.url);
}

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(removeEverything());
});

export {};
