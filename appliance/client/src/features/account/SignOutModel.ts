/**
 * Signing out, with a question first where words written on this device would be lost: messages that are not sent, and what
 * was begun in the field of a room (C3).
 *
 * Rules: nothing to lose, no question. Who chooses to wait is signed out when the last message has gone, and has been told of
 * what was begun; messages that the server has refused never go by themselves, so waiting for them alone ends in the
 * question again.
 */
import type { Core } from "#core/index";
import type { Unsent } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

export type SignOutState =
  | { readonly kind: "idle" }
  | ({ readonly kind: "asking"; readonly refused: number } & Unsent)
  | ({ readonly kind: "waiting" } & Unsent);

const IDLE: SignOutState = { kind: "idle" };

export class SignOutModel implements Readable<SignOutState> {
  readonly #core: Core;
  readonly #left: () => void;
  readonly #state = new Store<SignOutState>(IDLE);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #drafts = 0;
  #unwatch: () => void = () => undefined;

  /** `left` is called when the session is over. */
  constructor(core: Core, left: () => void) {
    this.#core = core;
    this.#left = left;
  }

  readonly ask = async (): Promise<void> => {
    const { messages, drafts } = await this.#core.session.unsent();
    if (messages + drafts === 0) return await this.leave();
    this.#drafts = drafts;
    this.#state.set({ kind: "asking", ...this.#counts() });
  };

  /** Stays until everything is sent, then signs out. */
  readonly wait = (): void => {
    this.#unwatch();
    this.#unwatch = this.#core.outbox.pending.subscribe(this.#look);
    this.#core.outbox.retryNow();
    this.#look();
  };

  /** Not now: the messages stay and are sent. */
  readonly stay = (): void => {
    this.#unwatch();
    this.#state.set(IDLE);
  };

  /** Signs out whatever is lost by it. */
  readonly leave = async (): Promise<void> => {
    this.#unwatch();
    this.#state.set(IDLE);
    await this.#core.session.logout();
    this.#left();
  };

  readonly #look = (): void => {
    const { messages, drafts, refused } = this.#counts();
    if (messages === 0) void this.leave();
    else if (messages === refused) {
      this.#unwatch();
      this.#state.set({ kind: "asking", messages, drafts, refused });
    } else this.#state.set({ kind: "waiting", messages, drafts });
  };

  #counts(): Unsent & { refused: number } {
    const pending = this.#core.outbox.pending.snapshot();
    return { messages: pending.length, drafts: this.#drafts, refused: pending.filter((one) => one.delivery.kind === "failed").length };
  }
}
