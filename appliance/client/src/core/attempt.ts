/**
 * One thing a person is trying to do: running, failed with a reason, or neither.
 * A second run while one is under way does nothing, so a double press never sends twice.
 */
import { type Failure, failureOf } from "./failure";
import { type Readable, Store } from "./store";

export interface AttemptState {
  readonly busy: boolean;
  readonly failure: Failure | null;
}

const IDLE: AttemptState = { busy: false, failure: null };

export class Attempt implements Readable<AttemptState> {
  readonly #state = new Store<AttemptState>(IDLE);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;

  /** True when the work was done; false when it failed, with the reason in the snapshot. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.#state.snapshot().busy) return false;
    this.#state.set({ busy: true, failure: null });
    try {
      await work();
      this.#state.set(IDLE);
      return true;
    } catch (error) {
      this.#state.set({ busy: false, failure: failureOf(error) });
      return false;
    }
  }

  /** Takes the last failure off the screen. */
  clear(): void {
    this.#state.update((state) => (state.busy ? state : IDLE));
  }
}
