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

  constructor(
    private readonly settings: SettingsPort,
    private readonly endpoints: Endpoints,
  ) {
    this.#state = new Store(read(settings.get(KEPT)));
    this.snapshot = this.#state.snapshot;
    this.subscribe = this.#state.subscribe;
  }

  /** Without an answer, what was known stays. */
  async refresh(): Promise<void> {
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
