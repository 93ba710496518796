/**
 * What a person is trying to do on one screen: running, failed with a reason, or neither.
 *
 * Each thing has a name. A second run of what is under way does nothing, so a double press never sends twice; something
 * else waits for its turn, so nothing that was pressed is lost. What a screen reads by itself is an attempt of its own:
 * it must never stand in the way of what the person does.
 */
import { type Failure, failureOf } from "./failure";
import { type Readable, Store } from "./store";

export interface AttemptState {
  readonly busy: boolean;
  /** Of the last run that failed since the person began to do something here. */
  readonly failure: Failure | null;
}

const IDLE: AttemptState = { busy: false, failure: null };

export class Attempt implements Readable<AttemptState> {
  readonly #state = new Store<AttemptState>(IDLE);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  readonly #names = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  /** True when the work was done; false when it failed, with the reason in the snapshot, or is under way already. */
  run(work: () => Promise<unknown>, name = ""): Promise<boolean> {
    if (this.#names.has(name)) return Promise.resolve(false);
    const idle = this.#names.size === 0;
    this.#names.add(name);
    if (idle) this.#state.set({ busy: true, failure: null });
    const done = idle ? this.#do(work, name) : this.#last.then(() => this.#do(work, name));
    this.#last = done;
    return done;
  }

  /** Takes the last failure off the screen. */
  clear(): void {
    this.#state.update((state) => (state.busy ? state : IDLE));
  }

  async #do(work: () => Promise<unknown>, name: string): Promise<boolean> {
    let failure: Failure | null = null;
    try {
      await work();
    } catch (error) {
      failure = failureOf(error);
    }
    this.#names.delete(name);
    this.#state.update((state) => ({ busy: this.#names.size > 0, failure: failure ?? state.failure }));
    return failure === null;
  }
}
