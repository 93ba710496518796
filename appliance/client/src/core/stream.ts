/**
 * One WebSocket to `/stream`: frames in, frames out, answers to messages, and a heartbeat that notices a dead line.
 *
 * Owns one connection from open to close; `sync.ts` decides when there is one. A ping every PING_MS; when nothing at all
 * is heard for IDLE_TIMEOUT_MS after one, or after a message was sent, the line is dead, whatever the socket says. A message
 * gets the server's answer by its txn_id; when the stream ends first, or none comes in ANSWER_MS, nothing is known of it. A
 * person waits for it: when nothing at all is heard for SILENCE_MS it is given up, and no other is taken until something is.
 */

import { encodeQuery, PREFIX } from "./api";
import type { Clock } from "./clock";
import { CallError } from "./errors";
import type { Ports, SocketPort, TimerId } from "./ports";
import type { ClientFrame, Cursor, EventsFrame, FailedFrame, Posted, Send, ServerFrame, TxnId } from "./protocol";

const PING_MS = 25_000;
const IDLE_TIMEOUT_MS = 10_000;
/** Shorter than it takes to call a line dead: a message may go another way at little cost, opening a line costs more. */
const SILENCE_MS = 4_000;
/** As long as a call may take (`api.ts`). */
const ANSWER_MS = 30_000;
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

interface Waiting {
  readonly resolve: (posted: Posted) => void;
  readonly reject: (error: CallError) => void;
  readonly timer: TimerId;
}

export class Stream {
  readonly #socket: SocketPort;
  /** Messages that were sent and not answered yet. */
  readonly #waiting = new Map<TxnId, Waiting>();
  readonly #language: string;
  #timer: TimerId | null = null;
  /** Runs from the first message that was sent since something was heard. */
  #doubt: TimerId | null = null;
  #silent = false;
  #asked = 0;
  #open = false;
  #alive = false;
  #done = false;

  constructor(
    private readonly ports: Ports,
    private readonly clock: Clock,
    since: Cursor | null,
    private readonly events: StreamEvents,
  ) {
    this.#language = ports.language();
    this.#socket = ports.network.socket(`${PREFIX}/stream${encodeQuery({ since, language: this.#language })}`);
    this.#socket.onopen = () => {
      this.#open = true;
      this.ping();
    };
    this.#socket.onmessage = (data) => this.#onMessage(data);
    this.#socket.onclose = (code) => {
      if (code === ENDED && !this.#done) events.onEnded();
      this.#finish();
    };
    this.#timer = ports.time.setTimeout(() => this.close(), IDLE_TIMEOUT_MS);
  }

  /** False when there is no line to send it on. */
  send(frame: ClientFrame): boolean {
    if (!this.#open || this.#done) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Sends a message; null when there is no line to send it on, or one that may be dead. Rejects with the server's refusal, or as if offline when
   * no answer came: then it may stand in the log or not.
   */
  post(frame: Send): Promise<Posted> | null {
    if (this.#silent || !this.send(frame)) return null;
    if (this.#doubt === null) {
      this.#wait(IDLE_TIMEOUT_MS, () => this.close());
      this.#doubt = this.ports.time.setTimeout(() => this.#giveUpMessages(), SILENCE_MS);
    }
    return new Promise((resolve, reject) => {
      const timer = this.ports.time.setTimeout(() => this.#settle(frame.txn_id)?.reject(CallError.offline()), ANSWER_MS);
      this.#waiting.set(frame.txn_id, { resolve, reject, timer });
    });
  }

  /** Asks for a sign of life now; without one the line is closed. */
  ping(): void {
    if (!this.send({ type: "ping" })) return;
    this.#asked = this.ports.time.now();
    this.#wait(IDLE_TIMEOUT_MS, () => this.close());
  }

  close(): void {
    if (this.#done) return;
    this.#socket.close(1000);
    this.#finish();
  }

  #onMessage(data: string): void {
    if (this.#done) return;
    this.#rest();
    this.#trust();
    if (!this.#alive) this.events.onAlive();
    this.#alive = true;
    const frame = parse(data);
    if (frame === null) return this.close(); // what follows cannot be trusted either
    if ("pong" in frame) this.clock.learnExact(frame.pong, this.#asked, this.ports.time.now());
    else if ("events" in frame) this.events.onEvents(frame);
    else if ("error" in frame) this.#refused(frame);
    else this.#settle(frame.txn_id)?.resolve(frame);
  }

  #refused({ error, txn_id, status, retry_after }: FailedFrame): void {
    if (txn_id === undefined || txn_id === null) return; // a receipt or a notice: they are sent again anyway
    this.#settle(txn_id)?.reject(CallError.of(status, error, (retry_after ?? 0) * 1_000 || null, this.#language));
  }

  /** Returns who waits for the answer to a message, and forgets them. */
  #settle(txnId: TxnId): Waiting | undefined {
    const waiting = this.#waiting.get(txnId);
    this.#waiting.delete(txnId);
    if (waiting !== undefined) this.ports.time.clearTimeout(waiting.timer);
    return waiting;
  }

  /** Something was heard: the next question is due in a while. */
  #rest(): void {
    this.#wait(PING_MS, () => this.ping());
  }

  #trust(): void {
    if (this.#doubt !== null) this.ports.time.clearTimeout(this.#doubt);
    this.#doubt = null;
    this.#silent = false;
  }

  #giveUpMessages(): void {
    this.#silent = true;
    for (const txnId of [...this.#waiting.keys()]) this.#settle(txnId)?.reject(CallError.offline());
  }

  #wait(ms: number, run: () => void): void {
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#timer = this.ports.time.setTimeout(run, ms);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#trust();
    this.events.onClosed();
    this.#giveUpMessages();
  }
}

function parse(data: string): ServerFrame | null {
  try {
    const frame = JSON.parse(data) as ServerFrame | null;
    return typeof frame === "object" ? frame : null;
  } catch {
    return null;
  }
}
