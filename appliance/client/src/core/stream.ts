/**
 * One WebSocket to `/stream`: frames in, frames out, and a heartbeat that notices a dead line.
 *
 * Owns one connection from open to close; `sync.ts` decides when there is one. A ping every PING_MS; when nothing at all
 * is heard for SILENCE_MS after one, the line is dead, whatever the socket says.
 */

import { PREFIX } from "./api";
import type { Clock } from "./clock";
import type { Ports, SocketPort, TimerId } from "./ports";
import type { ClientFrame, EventsFrame, FailedFrame, PongFrame, Position, ServerFrame } from "./protocol";

const PING_MS = 25_000;
const SILENCE_MS = 10_000;
/** Close code of a session that has ended (api/stream.py): wipe and sign in again. */
const ENDED = 4401;

export interface StreamEvents {
  /** The first sign of life: the line is not only open, somebody answers. */
  onAlive(): void;
  onEvents(frame: EventsFrame): void;
  /** The server ended the session. */
  onEnded(): void;
  onClosed(): void;
}

export class Stream {
  readonly #socket: SocketPort;
  #timer: TimerId | null = null;
  #asked = 0;
  #open = false;
  #alive = false;
  #done = false;

  constructor(
    private readonly ports: Ports,
    private readonly clock: Clock,
    since: Position,
    private readonly events: StreamEvents,
  ) {
    this.#socket = ports.network.socket(`${PREFIX}/stream?since=${since}`);
    this.#socket.onopen = () => {
      this.#open = true;
      this.ping();
    };
    this.#socket.onmessage = (data) => this.#hear(data);
    this.#socket.onclose = (code) => {
      if (code === ENDED && !this.#done) events.onEnded();
      this.#finish();
    };
    this.#timer = ports.time.setTimeout(() => this.close(), SILENCE_MS);
  }

  /** False when there is no line to send it on. */
  send(frame: ClientFrame): boolean {
    if (!this.#open || this.#done) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Asks for a sign of life now; without one the line is closed. */
  ping(): void {
    if (!this.send({ type: "ping" })) return;
    this.#asked = this.ports.time.now();
    this.#wait(SILENCE_MS, () => this.close());
  }

  close(): void {
    if (this.#done) return;
    this.#socket.close(1000);
    this.#finish();
  }

  #hear(data: string): void {
    if (this.#done) return;
    this.#rest();
    if (!this.#alive) this.events.onAlive();
    this.#alive = true;
    const frame = parse(data);
    if (frame === null) return this.close(); // what follows cannot be trusted either
    if ("pong" in frame) this.clock.learnExact(frame.pong, this.#asked, this.ports.time.now());
    else if ("events" in frame) this.events.onEvents(frame);
  }

  /** Something was heard: the next question is due in a while. */
  #rest(): void {
    this.#wait(PING_MS, () => this.ping());
  }

  #wait(ms: number, run: () => void): void {
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#timer = this.ports.time.setTimeout(run, ms);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.events.onClosed();
  }
}

function parse(data: string): Exclude<ServerFrame, { txn_id: string; n: Position }> | null {
  try {
    const frame = JSON.parse(data) as Record<string, unknown> | null;
    if (typeof frame !== "object" || frame === null) return null;
    return frame as unknown as EventsFrame | FailedFrame | PongFrame;
  } catch {
    return null;
  }
}
