/**
 * What the core needs from the outside world, as small interfaces.
 *
 * Owns no behaviour: `platform/` implements these on the browser, tests implement them in memory. The core reads no
 * clock, no randomness, no network and no storage except through here.
 */

import type { Millis } from "./protocol";

export type TimerId = ReturnType<typeof setTimeout>;

export interface TimePort {
  /** Local clock, ms since the epoch; may be wrong by a day. */
  now(): Millis;
  setTimeout(run: () => void, ms: number): TimerId;
  clearTimeout(id: TimerId): void;
}

/** A file that somebody has chosen: a `File` of the browser fits through `platform/`. */
export interface LocalFile {
  /** As the server takes it (`platform/localFiles.ts`). */
  readonly name: string;
  /** As the device says it; empty where it says nothing. */
  readonly type: string;
  readonly size: number;
  /** The bytes in [start, stop). Rejects when the file cannot be read any more. */
  slice(start: number, stop: number): Promise<ArrayBuffer>;
  /** Of the upright picture in pixels, and of sound and video, where the device knows. */
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
}

/** The part of `WebSocket` the core uses. */
export interface SocketPort {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((data: string) => void) | null;
  onclose: ((code: number, reason: string) => void) | null;
}

export interface NetworkPort {
  fetch(input: string, init: RequestInit): Promise<Response>;
  /** Opens `path` (with query) of our own origin. */
  socket(path: string): SocketPort;
}

export interface OnlinePort {
  online(): boolean;
  subscribe(listener: () => void): () => void;
}

export interface VisibilityPort {
  visible(): boolean;
  subscribe(listener: () => void): () => void;
}

export interface LocksPort {
  /** Runs `holder` once this tab holds the lock `name`; the lock is free again when its promise settles. */
  hold(name: string, holder: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface ChannelPort {
  post(message: unknown): void;
  subscribe(listener: (message: unknown) => void): () => void;
  close(): void;
}

/** A few non-secret settings that must survive a reload (language, shared-PC mode). */
export interface SettingsPort {
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

export interface StoragePort {
  /** Null where no IndexedDB exists (private windows of some browsers): then memory only. */
  indexedDB(): IDBFactory | null;
  /** Asks the browser not to evict us. Firefox puts the question to the person, so nobody waits for the answer. */
  persist(): void;
}

export interface SystemNotice {
  readonly title: string;
  readonly body: string;
  /** A later one of the same tag takes its place. */
  readonly tag: string;
  readonly sound: boolean;
  /** Where in the client it leads. */
  readonly hash: string;
}

export interface NotificationsPort {
  /** `insecure`: the address has no TLS. `needs_install`: only an installed application has them here. */
  permission(): "default" | "granted" | "denied" | "unsupported" | "insecure" | "needs_install";
  device(): "apple" | "android" | "desktop";
  /** Asks the person; the answer is the permission afterwards. */
  ask(): Promise<void>;
  onPermission(listener: () => void): void;
  /** Whether any window of ours has the focus. */
  looked(): Promise<boolean>;
  /** Resolves when the system has taken it; rejects with what the browser says. */
  show(notice: SystemNotice): Promise<void>;
  onScreen(tag: string): Promise<boolean>;
  /** Takes away those of a tag, or all. */
  clear(tag: string | null): Promise<void>;
  onPressed(listener: (hash: string) => void): void;
}

export interface Ports {
  readonly time: TimePort;
  readonly network: NetworkPort;
  readonly online: OnlinePort;
  readonly visibility: VisibilityPort;
  readonly locks: LocksPort;
  readonly channel: (name: string) => ChannelPort;
  readonly settings: SettingsPort;
  readonly storage: StoragePort;
  readonly notifications: NotificationsPort;
  readonly crypto: Crypto;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** `Accept-Language` of the next call: `th` or `en`. */
  readonly language: () => string;
}
