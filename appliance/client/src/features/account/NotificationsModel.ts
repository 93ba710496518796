/**
 * Notifications of the system on this device: whether, of what, with how much in them, and whether they work (C6).
 *
 * Rules: nothing while a window of ours is looked at; the words of a message only if its reader chose so, because a locked
 * screen is read by whoever passes, and of rooms and requests only what kind of thing happened and how many, never which
 * room or who; offered once, after the first message, and never again when sent away. Kept on this device for each person,
 * as the browser's permission is; on a shared PC only until signing out. What the browser refuses is in the state, for the
 * page to show. Which messages are worth one is the core's decision.
 */
import { t } from "@lingui/core/macro";

import type { Core } from "#core/index";
import { mayNotify, NOTIFICATION_DEFAULTS, type NotificationSettings, readNotificationSettings } from "#core/notifying";
import type { NotificationsPort } from "#core/ports";
import { newsCount, newsOf } from "#core/requests";
import type { Incoming } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { messageLine } from "#i18n/files";
import { newsText } from "#i18n/notices";

export type NotificationTest = { readonly kind: "none" | "waiting" | "shown" | "vanished" } | { readonly kind: "failed"; readonly reason: string };

export interface NotificationsState {
  readonly permission: ReturnType<NotificationsPort["permission"]>;
  readonly settings: NotificationSettings;
  /** Of the browser's question: on the screen, or closed without an answer. */
  readonly question: "none" | "open" | "unanswered";
  /** Above the rooms. `refused`: the offer was taken and the browser said no. */
  readonly banner: "none" | "offer" | "refused" | "failed";
  readonly test: NotificationTest;
  /** What the browser said when one could last not be shown. */
  readonly failure: string | null;
}

/** Addresses within the client that notifications lead to. */
export interface Hashes {
  readonly room: (room: string) => string;
  readonly requests: string;
  readonly settings: string;
}

const OFFERED = "notifications_offered";
const TEST_TAG = "test";
const REQUESTS_TAG = "requests";

export class NotificationsModel implements Readable<NotificationsState> {
  readonly device: ReturnType<NotificationsPort["device"]>;
  readonly #core: Core;
  readonly #port: NotificationsPort;
  readonly #hashes: Hashes;
  readonly #state: Store<NotificationsState>;
  /** Tags of notifications that may still be on the screen: rooms, and the requests. */
  readonly #told = new Set<string>();
  #person: string | null = null;
  readonly snapshot: () => NotificationsState;
  readonly subscribe: (listener: () => void) => () => void;

  /** `follow` goes to the address of a notification that was pressed. */
  constructor(core: Core, hashes: Hashes, follow: (hash: string) => void) {
    this.#core = core;
    this.#hashes = hashes;
    this.#port = core.ports.notifications;
    this.device = this.#port.device();
    const permission = this.#port.permission();
    this.#state = new Store<NotificationsState>({
      permission,
      settings: NOTIFICATION_DEFAULTS,
      question: "none",
      banner: "none",
      test: { kind: "none" },
      failure: null,
    });
    this.snapshot = this.#state.snapshot;
    this.subscribe = this.#state.subscribe;
    this.#port.onPressed(follow);
    this.#port.onPermission(() => this.#set({ permission: this.#port.permission() }));
    core.session.subscribe(() => this.#signed());
    core.rooms.list.subscribe(() => this.#clearRead());
    core.requests.list.subscribe(() => this.#clearSeen());
    core.outbox.pending.subscribe(() => core.outbox.pending.snapshot().length > 0 && this.#offer());
    core.onIncoming((incoming) => void this.tell(incoming));
    this.#signed();
  }

  /** Asks the browser the first time; a refusal there leaves it off here. */
  readonly turn = async (on: boolean): Promise<void> => {
    this.#answered();
    if (on && this.#port.permission() === "default") {
      this.#set({ question: "open" });
      await this.#port.ask().catch((error: unknown) => this.#set({ failure: reasonOf(error) }));
    }
    const permission = this.#port.permission();
    this.#set({ permission, question: on && permission === "default" ? "unanswered" : "none", test: { kind: "none" } });
    this.choose({ on: on && permission === "granted" });
  };

  readonly choose = (change: Partial<NotificationSettings>): void => {
    const settings = { ...this.#state.snapshot().settings, ...change };
    if (this.#core.session.tables?.shared === true) this.#core.ports.settings.set(this.#key(), JSON.stringify(settings));
    this.#set({ settings });
  };

  /** Takes the offer above the rooms. */
  readonly acceptOffer = async (): Promise<void> => {
    await this.turn(true);
    this.#set({ banner: this.#state.snapshot().settings.on ? "none" : "refused" });
  };

  readonly dismissBanner = (): void => {
    this.#answered();
    this.#set({ banner: "none" });
  };

  /** Shows one, and says what became of it. */
  readonly test = async (): Promise<void> => {
    this.#set({ test: { kind: "waiting" } });
    try {
      const { sound } = this.#state.snapshot().settings;
      await this.#port.show({ title: "G-Chat", body: t`ตัวอย่างการแจ้งเตือน`, tag: TEST_TAG, sound, hash: this.#hashes.settings });
      const there = await this.#port.onScreen(TEST_TAG);
      this.#set({ test: { kind: there ? "shown" : "vanished" }, failure: null });
    } catch (error) {
      this.#set({ test: { kind: "failed", reason: reasonOf(error) } });
    }
  };

  /** Says that something has come, unless somebody is looking. */
  readonly tell = async (incoming: Incoming): Promise<void> => {
    this.#offer();
    this.#load(); // another tab may have changed it
    const { settings } = this.#state.snapshot();
    if (this.#port.permission() !== "granted" || !mayNotify(settings, incoming, this.#core.clock.now())) return;
    try {
      if (await this.#port.looked()) return;
      const [tag, hash] = incoming.kind === "requests" ? [REQUESTS_TAG, this.#hashes.requests] : [incoming.room, this.#hashes.room(incoming.room)];
      this.#told.add(tag);
      await this.#port.show({ ...this.#words(incoming), tag, sound: settings.sound, hash });
      this.#set({ failure: null });
    } catch (error) {
      this.#set({ failure: reasonOf(error), banner: "failed" });
    }
  };

  #words(incoming: Incoming): { title: string; body: string } {
    const plain = (body: string) => ({ title: "G-Chat", body });
    switch (incoming.kind) {
      case "requests":
        return plain(newsText(incoming.news));
      case "added":
        return plain(t`มีผู้เพิ่มท่านเข้าห้องสนทนา`);
      case "owner":
        return plain(t`ท่านเป็นเจ้าของห้องสนทนาแล้ว`);
      case "message": {
        const { message, mention } = incoming;
        const author = this.#core.people.known(message.sender)?.name ?? "";
        if (this.#state.snapshot().settings.content && author !== "") return { title: author, body: messageLine(message.text, message.files) };
        return plain(mention ? t`มีข้อความกล่าวถึงท่าน` : t`มีข้อความใหม่`);
      }
    }
  }

  #signed(): void {
    const state = this.#core.session.snapshot();
    const person = state.kind === "signed_in" ? state.me.person.id : null;
    if (person === this.#person) return;
    const left = this.#person !== null;
    this.#person = person;
    this.#set({ settings: NOTIFICATION_DEFAULTS, banner: "none", question: "none", test: { kind: "none" }, failure: null });
    this.#load();
    if (left) this.#clear(null);
  }

  #load(): void {
    if (this.#person === null || this.#core.session.tables?.shared !== true) return;
    const settings = readNotificationSettings(this.#core.ports.settings.get(this.#key()));
    this.#set({ settings, permission: this.#port.permission() });
  }

  #key(): string {
    return `notifications.${this.#person ?? ""}`;
  }

  /** Offers them once, where it makes sense: the browser can be asked or has agreed, and this device is the person's own. */
  #offer(): void {
    const { banner, settings } = this.#state.snapshot();
    const asked = this.#core.ports.settings.get(OFFERED) !== null;
    if (asked || settings.on || banner !== "none" || this.#core.session.tables?.shared !== true) return;
    if (["default", "granted"].includes(this.#port.permission())) this.#set({ banner: "offer" });
  }

  #answered(): void {
    this.#core.ports.settings.set(OFFERED, "yes");
    if (this.#state.snapshot().banner === "offer") this.#set({ banner: "none" });
  }

  #clearRead(): void {
    if (this.#told.size === 0) return;
    for (const { id, unread } of this.#core.rooms.list.snapshot().rooms) if (unread === 0 && this.#told.has(id)) this.#clear(id);
  }

  #clearSeen(): void {
    if (this.#told.has(REQUESTS_TAG) && newsCount(newsOf(this.#core.requests.list.snapshot())) === 0) this.#clear(REQUESTS_TAG);
  }

  #clear(tag: string | null): void {
    if (tag === null) this.#told.clear();
    else this.#told.delete(tag);
    void this.#port.clear(tag).catch((error: unknown) => this.#set({ failure: reasonOf(error) }));
  }

  #set(change: Partial<NotificationsState>): void {
    this.#state.update((state) => ({ ...state, ...change }));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}
