/** The organisation chart and the search for people (F13, F14); whoever is found is known by name from then on. */

import type { Endpoints } from "./endpoints";
import type { Language } from "./naming";
import type { People as PeopleStore } from "./people";
import { everyPage } from "./pages";
import type { People, PeopleQuery, UnitView } from "./protocol";
import type { Readable } from "./store";

export class Directory {
  constructor(
    private readonly endpoints: Endpoints,
    private readonly people: PeopleStore,
  ) {}

  /** The language people are listed in: their order is that of its names. */
  get language(): Readable<Language> {
    return this.people.language;
  }

  async units(): Promise<readonly UnitView[]> {
    return (await everyPage(this.endpoints.units)).flatMap((page) => page.units);
  }

  async search(query: PeopleQuery): Promise<People> {
    const found = await this.endpoints.people(query);
    this.people.learnProfiles(found.people);
    return found;
  }
}
