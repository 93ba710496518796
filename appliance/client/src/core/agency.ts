/**
 * Who runs this appliance and whom to ask: what the page says before anybody has signed in.
 *
 * Kept as plain settings, so that it stands there at once and without network; asked anew at every start. Nothing secret.
 */
import type { Endpoints } from "./endpoints";
import type { SettingsPort } from "./ports";
import type { AgencyView } from "./protocol";
import { Store, type Readable } from "./store";

const KEPT = "gchat.agency";

export class Agency implements Readable<AgencyView | null> {
  readonly #state: Store<AgencyView | null>;
  readonly snapshot: () => AgencyView | null;
  readonly subscribe: (listener: () => void) => () => void;
  #asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: SettingsPort,
    private readonly endpoints: Endpoints,
  ) {
    this.#state = new Store(read(settings.get(KEPT)));
    this.snapshot = this.#state.snapshot;
    this.subscribe = this.#state.subscribe;
  }

  /** Asks the server. Without an answer, what was known stays. */
  refresh(): Promise<void> {
    this.#asking = this.#ask();
    return this.#asking;
  }

  /** Resolves when something is known, or when the server has been asked in vain: the page can be laid out now. */
  async known(): Promise<void> {
    if (this.snapshot() === null) await this.#asking;
  }

  async #ask(): Promise<void> {
    const agency = await this.endpoints.agency().catch(() => null);
    if (agency === null) return;
    this.settings.set(KEPT, JSON.stringify(agency));
    this.#state.set(agency);
  }
}

function read(kept: string | null): AgencyView | null {
  try {
    return kept === null ? null : (JSON.parse(kept) as AgencyView);
  } catch {
    return null;
  }
}
