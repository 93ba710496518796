/**
 * One tab syncs, the others follow.
 *
 * Owns the lock that makes one tab the leader and the channel between tabs. The browser frees the lock of a tab that dies,
 * and the next one takes over. In memory-only mode every tab has a cache of its own and leads itself.
 */

import type { UploadRow } from "./db/uploads";
import type { FeedMessage, Page } from "./feed";
import type { ChannelPort, Ports } from "./ports";
import type { RoomView } from "./protocol";
import type { Range } from "./ranges";
import type { Connection, DraftText, SignedOutReason } from "./snapshots";
import type { TabFiles } from "./tabFiles";

const NAME = "gchat";

export type TabMessage =
  | { readonly kind: "feed"; readonly message: FeedMessage }
  | { readonly kind: "connection"; readonly connection: Connection }
  | { readonly kind: "hello" }
  | { readonly kind: "outbox" }
  | { readonly kind: "sent"; readonly txnId: string; readonly room: string; readonly n: number }
  | { readonly kind: "draft"; readonly room: string; readonly draft: DraftText }
  | { readonly kind: "uploads"; readonly rows: readonly UploadRow[]; readonly over: readonly string[] }
  | ({ readonly kind: "files" } & TabFiles)
  // asked of the leader, which alone has the line and writes the records of rooms
  | { readonly kind: "viewed"; readonly view: RoomView }
  | { readonly kind: "page"; readonly page: Page }
  | { readonly kind: "typing"; readonly room: string }
  | { readonly kind: "wake"; readonly why: "looked" | "answered" }
  | { readonly kind: "read"; readonly room: string; readonly shown: readonly Range[] }
  // the rooms on a tab's screen, for every tab: whichever leads tells the server
  | { readonly kind: "watching"; readonly tab: string; readonly rooms: readonly string[] }
  // the room whose end a tab has before its reader
  | { readonly kind: "end"; readonly tab: string; readonly room: string | null }
  // the session, for every tab
  | { readonly kind: "began" }
  | { readonly kind: "ended"; readonly reason: SignedOutReason };

export class Tabs {
  readonly #channel: ChannelPort;
  #leading = false;
  #stop: AbortController | null = null;
  onMessage: (message: TabMessage) => void = () => undefined;

  constructor(private readonly ports: Ports) {
    this.#channel = ports.channel(NAME);
    this.#channel.subscribe((message) => this.onMessage(message as TabMessage));
  }

  get leading(): boolean {
    return this.#leading;
  }

  post(message: TabMessage): void {
    this.#channel.post(message);
  }

  /** Waits to be the leader, and runs `lead` once this tab is the leader, until `stepDown`; at once and always when `alone`. */
  runForLeader(alone: boolean, lead: (signal: AbortSignal) => Promise<void>): void {
    this.stepDown();
    const stop = new AbortController();
    this.#stop = stop;
    const leadOnce = async (): Promise<void> => {
      if (stop.signal.aborted) return;
      this.#leading = true;
      try {
        await lead(stop.signal);
      } finally {
        if (this.#stop === stop) this.#leading = false;
      }
    };
    const term = alone ? leadOnce() : this.ports.locks.hold(NAME, leadOnce, stop.signal);
    term.catch(() => undefined); // an aborted wait for the lock is how waiting to lead ends
  }

  stepDown(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#leading = false;
  }

  close(): void {
    this.stepDown();
    this.#channel.close();
  }
}
