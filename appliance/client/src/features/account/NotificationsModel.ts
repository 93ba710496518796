/**
 * Notifications of the system on this device: whether, and with how much in them (C6).
 *
 * Rules: nothing while the window is looked at; the words of a message only if its reader chose so, because a locked
 * screen is read by whoever passes. Which messages are worth one is the core's decision. Kept on this device.
 */
import { t } from "@lingui/core/macro";

import type { Core } from "#core/index";
import type { Incoming } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

export interface NotificationSettings {
  readonly permission: "default" | "granted" | "denied" | "unsupported";
  readonly on: boolean;
  readonly content: boolean;
}

const ON = "notifications";
const CONTENT = "notification_content";

export class NotificationsModel implements Readable<NotificationSettings> {
  readonly #core: Core;
  readonly #open: (room: string) => void;
  readonly #state: Store<NotificationSettings>;
  readonly snapshot: () => NotificationSettings;
  readonly subscribe: (listener: () => void) => () => void;

  /** `open` shows a room, when its notification is pressed. */
  constructor(core: Core, open: (room: string) => void) {
    this.#core = core;
    this.#open = open;
    const { settings, notifications } = core.ports;
    this.#state = new Store({
      permission: notifications.permission(),
      on: settings.get(ON) === "on",
      content: settings.get(CONTENT) === "on",
    });
    this.snapshot = this.#state.snapshot;
    this.subscribe = this.#state.subscribe;
  }

  /** Asks the browser the first time; a refusal there leaves it off here. */
  readonly turn = async (on: boolean): Promise<void> => {
    const { settings, notifications } = this.#core.ports;
    const allowed = on && (notifications.permission() === "granted" || (await notifications.ask()));
    settings.set(ON, allowed ? "on" : null);
    this.#state.update((state) => ({ ...state, permission: notifications.permission(), on: allowed }));
  };

  readonly showContent = (content: boolean): void => {
    this.#core.ports.settings.set(CONTENT, content ? "on" : null);
    this.#state.update((state) => ({ ...state, content }));
  };

  /** Says that a message has come, unless somebody is looking. */
  readonly tell = (incoming: Incoming, looking: boolean): void => {
    const { on, content, permission } = this.#state.snapshot();
    if (!on || permission !== "granted" || looking) return;
    const { room, message, mention } = incoming;
    const plain = mention ? t`มีข้อความกล่าวถึงท่าน` : t`มีข้อความใหม่`;
    const author = this.#core.people.known(message.sender)?.name ?? "";
    const [title, body] = content && author !== "" ? [author, message.text] : ["G-Chat", plain];
    this.#core.ports.notifications.show(title, body, room, () => this.#open(room));
  };
}
