/**
 * Keeping up with the server: ask from the cursor, then listen; on anything unusual, ask again from the cursor.
 *
 * Runs in the leading tab only. There is one way to catch up, whatever the reason: the first start, a night asleep, a gap,
 * a line the server dropped because this client was slow. Waits between tries grow with full jitter, and end early when
 * the browser says the network is back, the tab is looked at again, or another call was answered. An answer ends one wait
 * only: the try that it leads to may cause calls of its own, and their answers must not end the next. While the server wants
 * something first (new terms, a new password), a try asks for that alone. When the browser says that
 * the network is gone the line is given up at once, rather than when its silence is noticed.
 */

import { Backoff } from "./backoff";
import type { Clock } from "./clock";
import type { Endpoints } from "./endpoints";
import { CallError } from "./errors";
import type { Batch, Feed } from "./feed";
import type { Ports } from "./ports";
import type { ClientFrame, EventsFrame, Posted, Send, Sync as SyncPage } from "./protocol";
import type { Connection } from "./snapshots";
import { Stream } from "./stream";

const PAGE = 1_000;
/** A stream that lived this long proves the line good: the next wait starts small again. */
const STABLE_MS = 10_000;
const MIN_STABLE_MS = 1_000;
const NO_SUCH_CURSOR: ReadonlySet<number> = new Set([400, 404, 409, 410]);

export interface SyncEvents {
  /** False while the server wants something first; it is asked whether it still does. */
  admitted(): Promise<boolean>;
  onConnection(connection: Connection): void;
  onEnded(): void;
}

export class Sync {
  readonly #backoff: Backoff;
  #stream: Stream | null = null;
  #wake: () => void = () => undefined;
  #waiting = false;
  #connection: Connection | null = null;
  /** A wait has ended early because a call was answered, and none has run its length since. */
  #hurried = false;

  constructor(
    private readonly ports: Ports,
    private readonly clock: Clock,
    private readonly endpoints: Endpoints,
    private readonly feed: Feed,
    private readonly events: SyncEvents,
  ) {
    this.#backoff = new Backoff(ports.random);
  }

  /** Sends on the stream; false when there is none now. */
  send(frame: ClientFrame): boolean {
    return this.#stream?.send(frame) ?? false;
  }

  /** Sends a message on the stream; null when there is none now. See `Stream.post`. */
  post(frame: Send): Promise<Posted> | null {
    return this.#stream?.post(frame) ?? null;
  }

  /** Stops waiting and tries now; a line that is open is asked for a sign of life. */
  readonly retryNow = (): void => {
    this.#stream?.ping();
    this.#wake();
  };

  /** Another call was answered: ends the wait, if the one before was not ended so. */
  readonly hurry = (): void => {
    if (this.#hurried || !this.#waiting) return;
    this.#hurried = true;
    this.retryNow();
  };

  /** The server wants nothing more before it lets us in: tries now, as if for the first time. */
  admit(): void {
    this.#backoff.reset();
    this.retryNow();
  }

  /** Keeps up until the signal says stop. */
  async run(signal: AbortSignal): Promise<void> {
    const offs = [this.ports.online.subscribe(this.#networkChanged), this.ports.visibility.subscribe(this.#looked)];
    const stopped = (): void => {
      this.#stream?.close();
      this.#wake();
    };
    signal.addEventListener("abort", stopped);
    this.#connection = null;
    this.#say({ kind: "connecting", since: this.clock.now() });
    try {
      while (!signal.aborted) await this.#round(signal);
    } finally {
      signal.removeEventListener("abort", stopped);
      for (const off of offs) off();
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    let wait: number | null = null;
    try {
      if ((await this.events.admitted()) && (await this.#keepUp(signal))) return;
    } catch (error) {
      if (error instanceof CallError) wait = error.retryAfter;
    }
    if (signal.aborted) return;
    const ms = wait ?? this.#backoff.next();
    this.#say({ kind: "offline", since: this.clock.now(), retryAt: this.clock.now() + ms });
    await this.#sleep(ms);
  }

  /** True when the line has ended with a gap: a question to ask at once, unless a line opens with one again and again. */
  async #keepUp(signal: AbortSignal): Promise<boolean> {
    await this.#catchUp(signal);
    if (signal.aborted) return false;
    const opened = this.ports.time.now();
    const gap = await this.#listen(signal);
    const lasted = this.ports.time.now() - opened;
    if (lasted >= STABLE_MS) {
      this.#backoff.reset();
      this.#hurried = false;
    }
    return gap && lasted >= MIN_STABLE_MS;
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { batch, more } = await this.#ask();
      // A page that comes after the end of the session finds the feed closed.
      await this.feed.apply(batch);
      if (!more) return;
    }
  }

  async #ask(): Promise<{ batch: Batch; more: boolean }> {
    const since = this.feed.cursor;
    if (since !== null) {
      try {
        const page = await this.endpoints.sync(since, PAGE);
        const { pos, events, more } = page;
        // The server answers with a snapshot where it does not know a place we have been to: it was restored.
        if (page.snapshot === true) return { batch: await this.#snapshot(page), more: false };
        return { batch: { pos, events, source: "catch_up" }, more };
      } catch (error) {
        if (!(error instanceof CallError) || !NO_SUCH_CURSOR.has(error.status)) throw error;
      }
    }
    return { batch: await this.#snapshot(await this.endpoints.sync(null, PAGE)), more: false };
  }

  /** Asks for every room there is, of which `first` is the first page; it counts when it is whole. */
  async #snapshot(first: SyncPage): Promise<Batch> {
    const events = [...first.events];
    let cursor = first.cursor ?? null;
    while (cursor !== null) {
      const page = await this.endpoints.sync(null, PAGE, cursor);
      events.push(...page.events);
      cursor = page.cursor ?? null;
    }
    return { pos: first.pos, events, source: "snapshot" };
  }

  /** Resolves when the line is closed; true when it was because of a gap. */
  #listen(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      let gap = false;
      const stream = new Stream(this.ports, this.clock, this.feed.cursor, {
        onAlive: () => this.#say({ kind: "online", since: this.clock.now() }),
        onEvents: (frame) => {
          this.#apply(frame).then(
            (outcome) => {
              if (outcome === "applied") return;
              gap = true;
              stream.close();
            },
            () => stream.close(), // it could not be kept: the cursor has not moved, so it will be asked for again
          );
        },
        onEnded: () => this.events.onEnded(),
        onClosed: () => {
          if (this.#stream === stream) this.#stream = null;
          resolve(gap);
        },
      });
      this.#stream = stream;
      if (signal.aborted) stream.close();
    });
  }

  async #apply(frame: EventsFrame): Promise<"applied" | "gap"> {
    return await this.feed.apply({ pos: frame.pos, events: frame.events, source: "live" });
  }

  readonly #networkChanged = (): void => {
    if (this.ports.online.online()) this.retryNow();
    else this.#stream?.close();
  };

  readonly #looked = (): void => {
    if (this.ports.visibility.visible()) this.retryNow();
  };

  #say(connection: Connection): void {
    const old = this.#connection;
    // «Offline since» is when it began, not when it was last tried.
    const since = old !== null && old.kind === connection.kind ? old.since : connection.since;
    this.#connection = { ...connection, since };
    this.events.onConnection(this.#connection);
  }

  #sleep(ms: number): Promise<void> {
    this.#waiting = true;
    return new Promise((resolve) => {
      const timer = this.ports.time.setTimeout(() => {
        this.#hurried = false;
        this.#wake();
      }, ms);
      this.#wake = () => {
        this.ports.time.clearTimeout(timer);
        this.#wake = () => undefined;
        this.#waiting = false;
        resolve();
      };
    });
  }
}
