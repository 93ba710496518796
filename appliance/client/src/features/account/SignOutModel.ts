/**
 * Signing out, with a question first where messages written on this device would be lost (C3).
 *
 * Rules: nothing unsent, no question. Who chooses to wait is signed out when the last message has gone; messages that the
 * server has refused never go by themselves, so waiting for them alone ends in the question again.
 */
import type { Core } from "#core/index";
import { type Readable, Store } from "#core/store";

export type SignOutState =
  | { readonly kind: "idle" }
  | { readonly kind: "asking"; readonly unsent: number; readonly refused: number }
  | { readonly kind: "waiting"; readonly unsent: number };

const IDLE: SignOutState = { kind: "idle" };

export class SignOutModel implements Readable<SignOutState> {
  readonly #core: Core;
  readonly #left: () => void;
  readonly #state = new Store<SignOutState>(IDLE);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #unwatch: () => void = () => undefined;

  /** `left` is called when the session is over. */
  constructor(core: Core, left: () => void) {
    this.#core = core;
    this.#left = left;
  }

  readonly ask = async (): Promise<void> => {
    if ((await this.#core.session.unsent()) === 0) return await this.leave();
    this.#state.set({ kind: "asking", ...this.#counts() });
  };

  /** Stays until everything is sent, then signs out. */
  readonly wait = (): void => {
    this.#unwatch();
    this.#unwatch = this.#core.outbox.pending.subscribe(this.#look);
    this.#core.outbox.kick();
    this.#look();
  };

  /** Not now: the messages stay and are sent. */
  readonly stay = (): void => {
    this.#unwatch();
    this.#state.set(IDLE);
  };

  /** Signs out whatever is unsent. */
  readonly leave = async (): Promise<void> => {
    this.#unwatch();
    this.#state.set(IDLE);
    await this.#core.session.logout();
    this.#left();
  };

  readonly #look = (): void => {
    const { unsent, refused } = this.#counts();
    if (unsent === 0) void this.leave();
    else if (unsent === refused) {
      this.#unwatch();
      this.#state.set({ kind: "asking", unsent, refused });
    } else this.#state.set({ kind: "waiting", unsent });
  };

  #counts(): { unsent: number; refused: number } {
    const pending = this.#core.outbox.pending.snapshot();
    return { unsent: pending.length, refused: pending.filter((one) => one.delivery.kind === "failed").length };
  }
}
