/** The organisation chart and the people in it. The open unit is in the address; which branches are open is kept here. */
import { type Failure, failureOf } from "#core/failure";
import type { Core } from "#core/index";
import { PeopleSearch } from "#core/peopleSearch";
import type { PersonView, UnitView } from "#core/protocol";
import { type Readable, Store } from "#core/store";

import { type Contact, contactWith } from "./contact";
import { pathTo, type UnitNode, unitTree } from "./unitTree";

export interface ChartSnapshot {
  readonly units: readonly UnitView[];
  readonly tree: readonly UnitNode[];
  readonly expanded: ReadonlySet<string>;
  readonly loading: boolean;
  readonly failure: Failure | null;
}

export class ChartModel implements Readable<ChartSnapshot> {
  readonly #core: Pick<Core, "directory">;
  readonly #state = new Store<ChartSnapshot>({ units: [], tree: [], expanded: new Set(), loading: true, failure: null });
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;

  constructor(core: Pick<Core, "directory">) {
    this.#core = core;
  }

  readonly load = async (): Promise<void> => {
    try {
      const units = await this.#core.directory.units();
      const tree = unitTree(units);
      const { expanded } = this.#state.snapshot();
      this.#state.set({ units, tree, loading: false, failure: null, expanded: expanded.size > 0 ? expanded : new Set(tree.map((node) => node.unit.id)) });
    } catch (error) {
      this.#state.update((state) => ({ ...state, loading: false, failure: failureOf(error) }));
    }
  };

  readonly setExpanded = (expanded: ReadonlySet<string>): void => this.#state.update((state) => ({ ...state, expanded }));

  /** Opens every branch above a unit. */
  readonly reveal = (unit: string): void =>
    this.#state.update((state) => ({ ...state, expanded: new Set([...state.expanded, ...pathTo(state.units, unit)]) }));

  readonly unit = (id: string): UnitView | null => this.#state.snapshot().units.find((unit) => unit.id === id) ?? null;
}

export class PeopleModel {
  readonly chart: ChartModel;
  readonly search: PeopleSearch;
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
    this.chart = new ChartModel(core);
    this.search = new PeopleSearch(core.directory, core.ports.time);
  }

  readonly contact = (person: PersonView): Contact => contactWith(this.#core, person);

  /** Shows a unit with those below it; null shows the whole agency. */
  readonly show = (unit: string | null): void => {
    if (unit !== null) this.chart.reveal(unit);
    this.search.setScope(unit, true);
  };
}
