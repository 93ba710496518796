/**
 * The core's ports in memory: a clock that moves when told, a device shared by its tabs, a line that can be cut.
 *
 * IndexedDB (fake-indexeddb), WebCrypto and structured clone are the real thing; only time, network and browser furniture
 * are replaced.
 */
import "fake-indexeddb/auto";

import { IDBFactory } from "fake-indexeddb";

import type { ChannelPort, LocksPort, Ports, SocketPort, TimePort, TimerId } from "#core/ports";

import type { FakeServer } from "./fakeServer";

export const START = Date.UTC(2026, 9, 1, 3, 0, 0);

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Lets everything that only waits for a turn of the event loop happen. */
export async function breathe(turns = 5): Promise<void> {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Work of WebCrypto that runs in a thread of its own just now: the event loop cannot tell. */
let sealing = 0;

/** WebCrypto, counted while it works. */
const countedSubtle = new Proxy(globalThis.crypto.subtle, {
  get: (subtle, name: keyof SubtleCrypto) => async (...given: never[]) => {
    sealing += 1;
    try {
      return await (subtle[name] as (...given: never[]) => Promise<unknown>).apply(subtle, given);
    } finally {
      sealing -= 1;
    }
  },
});
const countedCrypto = new Proxy(globalThis.crypto, {
  get: (crypto, name: keyof Crypto) => (name === "subtle" ? countedSubtle : (crypto[name] as () => unknown).bind(crypto)),
});

/** Turns after which nothing will come that does not wait for the clock, and turns after which something runs without end. */
const QUIET_TURNS = 5;
const ENDLESS_TURNS = 1_000;

/** Until nothing runs any more but what waits for the clock, so that every timer is set that should be; a loop is left to run. */
export async function settled(): Promise<void> {
  for (let turns = 0, quiet = 0; quiet < QUIET_TURNS && (turns < ENDLESS_TURNS || sealing > 0); turns += 1) {
    await breathe(1);
    quiet = sealing > 0 || process.getActiveResourcesInfo().includes("Immediate") ? 0 : quiet + 1;
  }
}

/** How long a test waits, in real milliseconds, for what must come: below vitest's own limit, so that it can say what. */
const PATIENCE_MS = 100_000;

/** Waits in real time until something holds; crypto and IndexedDB take real turns. */
export async function until(holds: () => boolean | Promise<boolean>, what = "condition"): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export class FakeTime implements TimePort {
  #now = START;
  #next = 1;
  readonly #timers = new Map<number, Timer>();

  now = (): number => this.#now;

  setTimeout = (run: () => void, ms: number): TimerId => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + ms, run });
    return id as unknown as TimerId;
  };

  clearTimeout = (id: TimerId): void => void this.#timers.delete(id as unknown as number);

  /** Moves on, firing what falls due in its order; the clock stands still while anything runs that may set a timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].run();
    }
    this.#now = end;
  }

  /** Lets the clock go on in small steps until something holds, for a timer that is set at a moment nobody can know. */
  async advanceUntil(holds: () => boolean, what: string): Promise<void> {
    await until(async () => {
      if (holds()) return true;
      await this.advance(100);
      return holds();
    }, what);
  }

  /** Sets the clock without firing anything: the device slept, or somebody set it. */
  jump(ms: number): void {
    this.#now += ms;
  }
}

/** What happens to the next calls: the line is cut before they reach the server, within their bytes, or after it has done them. */
export type Cut = "before" | "within" | "after";

/** A browser on a machine: what all its tabs share. */
export class Device {
  readonly indexedDB = new IDBFactory();
  readonly settings = new Map<string, string>();
  readonly #channels = new Set<(message: unknown, from: object) => void>();
  readonly #locks = new Map<string, (() => void)[]>();
  readonly #held = new Set<string>();
  readonly sockets = new Set<() => void>();
  readonly #onlineListeners = new Set<() => void>();
  cookie: string | null = null;
  /** Safari over plain http keeps no Secure cookie. */
  keepsCookies = true;
  up = true;
  /** Sockets are open and carry nothing any more: what is sent on them is lost, and nobody notices. */
  swallow = false;
  /** Decides whether the line is cut around a call, or around a message on a stream (`SEND`), which dies of it. */
  cut: (method: string, path: string) => Cut | null = () => null;
  clockSkew = 0;

  constructor(
    readonly server: FakeServer,
    readonly time: FakeTime,
  ) {}

  /** Cuts the line or mends it, and the browser notices; open sockets die with it, or seem to live on. */
  setUp(up: boolean, { socketsDie = true } = {}): void {
    this.up = up;
    if (!up && socketsDie) this.cutSockets();
    for (const listener of [...this.#onlineListeners]) listener();
  }

  cutSockets(): void {
    for (const close of [...this.sockets]) close();
  }

  /** Ports for one more tab. `kill` is what the browser does to a tab that crashes; `setVisible` brings it to the front or not. */
  tab(): { ports: Ports; kill: () => void; setVisible: (visible: boolean) => void } {
    let visible = true;
    const looks = new Set<() => void>();
    const alive = { now: true };
    const mySockets = new Set<() => void>();
    const myLocks = new Set<() => void>();
    const ports: Ports = {
      time: {
        now: () => this.time.now() + this.clockSkew,
        setTimeout: (run, ms) => this.time.setTimeout(() => alive.now && run(), ms),
        clearTimeout: this.time.clearTimeout,
      },
      network: {
        fetch: async (input, init) => {
          const response = await this.#fetch(input, init);
          // A dead tab hears no answer, not even a failure.
          return alive.now ? response : await new Promise<never>(() => undefined);
        },
        socket: (path) => this.#socket(path, mySockets),
      },
      online: {
        online: () => this.up,
        subscribe: (listener) => {
          this.#onlineListeners.add(listener);
          return () => this.#onlineListeners.delete(listener);
        },
      },
      visibility: {
        visible: () => visible,
        subscribe: (listener) => {
          looks.add(listener);
          return () => looks.delete(listener);
        },
      },
      locks: this.#lockPort(myLocks, alive),
      channel: () => this.#channel(alive),
      settings: {
        get: (key) => this.settings.get(key) ?? null,
        set: (key, value) => void (value === null ? this.settings.delete(key) : this.settings.set(key, value)),
      },
      storage: { indexedDB: () => this.indexedDB, persist: () => undefined },
      notifications: {
        permission: () => "unsupported",
        device: () => "desktop",
        ask: () => Promise.resolve(),
        onPermission: () => undefined,
        looked: () => Promise.resolve(false),
        show: () => Promise.resolve(),
        onScreen: () => Promise.resolve(false),
        clear: () => Promise.resolve(),
        onPressed: () => undefined,
      },
      crypto: countedCrypto,
      random: () => 0.5,
      language: () => "th",
    };
    const kill = (): void => {
      alive.now = false;
      for (const close of mySockets) close();
      for (const free of myLocks) free();
    };
    const setVisible = (now: boolean): void => {
      visible = now;
      for (const look of [...looks]) look();
    };
    return { ports, kill, setVisible };
  }

  async #fetch(input: string, init: RequestInit): Promise<Response> {
    await breathe(1);
    init.signal?.throwIfAborted();
    const method = init.method ?? "GET";
    const cut = this.up ? this.cut(method, input) : "before";
    if (cut === "before") throw new TypeError("network");
    const { status, body, cookie, headers: more } = this.server.handle(this.cookie, method, input, init, cut === "within" ? 0.5 : 1);
    await breathe(1);
    if (cut !== null || !this.up) throw new TypeError("network");
    if (cookie !== undefined && this.keepsCookies) this.cookie = cookie;
    const headers = { Date: new Date(this.time.now()).toUTCString(), ...more };
    return new Response(body === undefined || method === "HEAD" ? null : JSON.stringify(body), { status, headers });
  }

  #socket(path: string, mine: Set<() => void>): SocketPort {
    const port: SocketPort = { send: () => undefined, close: () => undefined, onopen: null, onmessage: null, onclose: null };
    let open = true;
    const end = (code: number): void => {
      if (!open) return;
      open = false;
      line?.detach();
      this.sockets.delete(close);
      mine.delete(close);
      queueMicrotask(() => port.onclose?.(code, ""));
    };
    const close = (): void => end(1006);
    this.sockets.add(close);
    mine.add(close);
    const line = this.up
      ? this.server.listen(this.cookie, path, (text) => queueMicrotask(() => open && port.onmessage?.(text)), end)
      : null;
    queueMicrotask(() => {
      if (line === null) return end(1006);
      if (!open) return;
      port.onopen?.();
      line.attach();
    });
    port.send = (data) => {
      if (!open || this.swallow) return;
      const cut = this.#cutOf(data);
      if (cut !== "before") line?.hear(data);
      if (cut !== null) close();
    };
    port.close = (code) => end(code ?? 1000);
    return port;
  }

  #cutOf(frame: string): Cut | null {
    const { type, room } = JSON.parse(frame) as { type: string; room: string };
    return type === "send" ? this.cut("SEND", `/api/v1/rooms/${room}/messages`) : null;
  }

  #channel(alive: { now: boolean }): ChannelPort {
    const me = {};
    const heard = new Set<(message: unknown, from: object) => void>();
    return {
      post: (message) => {
        const copy: unknown = structuredClone(message);
        const listeners = [...this.#channels];
        queueMicrotask(() => alive.now && listeners.forEach((listener) => listener(copy, me)));
      },
      subscribe: (listener) => {
        const hear = (message: unknown, from: object): void => {
          if (from !== me && alive.now) listener(message);
        };
        this.#channels.add(hear);
        heard.add(hear);
        return () => this.#channels.delete(hear);
      },
      close: () => heard.forEach((hear) => this.#channels.delete(hear)),
    };
  }

  #lockPort(mine: Set<() => void>, alive: { now: boolean }): LocksPort {
    return {
      hold: async (name, holder, signal) => {
        if (!alive.now) return await new Promise<never>(() => undefined);
        const pass = (): void => {
          const next = this.#locks.get(name)?.shift();
          if (next === undefined) this.#held.delete(name);
          else next();
        };
        if (this.#held.has(name)) {
          const waiting = this.#locks.get(name) ?? [];
          this.#locks.set(name, waiting);
          await new Promise<void>((resolve, reject) => {
            // A dead tab waits for nothing any more.
            const turn = (): void => (alive.now ? resolve() : pass());
            waiting.push(turn);
            signal.addEventListener("abort", () => {
              const at = waiting.indexOf(turn);
              if (at !== -1) waiting.splice(at, 1);
              reject(new Error("aborted"));
            });
          });
        }
        this.#held.add(name);
        let freed = false;
        const free = (): void => {
          if (freed) return;
          freed = true;
          mine.delete(free);
          pass();
        };
        mine.add(free);
        await holder().finally(free);
      },
    };
  }
}
