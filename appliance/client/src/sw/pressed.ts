/**
 * What happens when a notification is pressed: a window of ours comes to the front at the room, or one is opened there.
 *
 * The page is told where to go, since only it moves without loading again. A browser that does not let us bring a window
 * to the front has shown the room in it all the same.
 */

/** What the page put into the notification (platform/notifications.ts). */
function hashOf(data: unknown): string {
  const hash = typeof data === "object" && data !== null && "hash" in data ? data.hash : null;
  return typeof hash === "string" && hash.startsWith("/") ? hash : "/";
}

/** The part of the worker's `clients` that is used here. */
export interface Windows {
  matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly OpenWindow[]>;
  openWindow(url: string): Promise<unknown>;
}

interface OpenWindow {
  readonly focused: boolean;
  readonly visibilityState: string;
  postMessage(message: unknown): void;
  focus(): Promise<unknown>;
}

export async function pressed(clients: Windows, data: unknown): Promise<void> {
  const hash = hashOf(data);
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows.find((one) => one.focused) ?? windows.find((one) => one.visibilityState === "visible") ?? windows[0];
  if (open === undefined) return void (await clients.openWindow(`/#${hash}`));
  open.postMessage({ kind: "notification_pressed", hash });
  await open.focus().catch(() => undefined);
}
