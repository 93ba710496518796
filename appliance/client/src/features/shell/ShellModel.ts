/**
 * Where the reader is: the route, kept in the address, and whether a new version waits.
 * Does not know what any screen shows.
 */
import { derived } from "#core/derived";
import type { PersonId, RoomId } from "#core/snapshots";
import type { Readable } from "#core/store";
import type { LocationPort } from "#platform/location";

import { formatRoute, HOME, parseRoute, type Route, roomRoute, type SettingsPage, type SidePanel, type UnitChoice } from "./routes";

export class ShellModel {
  readonly route: Readable<Route>;
  readonly #location: LocationPort;

  constructor(location: LocationPort) {
    this.#location = location;
    const address = { snapshot: () => location.hash(), subscribe: (listener: () => void) => location.subscribe(listener) };
    this.route = derived([address], () => parseRoute(location.hash()));
  }

  readonly openRooms = (): void => this.#go(HOME);
  readonly openRoom = (room: RoomId): void => this.#go(roomRoute(room));
  readonly openPeople = (unit: UnitChoice = null): void => this.#go({ place: "people", unit, person: null });
  readonly openSettings = (page: SettingsPage | null = null): void => this.#go({ place: "settings", page });

  /** Opens a profile beside the room, or in the directory when no room is open. */
  readonly openPerson = (person: PersonId): void => {
    const route = this.route.snapshot();
    if (route.place === "rooms" && route.room !== null) this.#go(roomRoute(route.room, { kind: "person", person }));
    else this.#go({ place: "people", unit: route.place === "people" ? route.unit : "all", person });
  };

  /** Shows a panel beside the open room; null closes it. */
  readonly showSide = (side: SidePanel | null): void => {
    const route = this.route.snapshot();
    if (route.place === "rooms" && route.room !== null) this.#go(roomRoute(route.room, side));
  };

  /** One step out: from the panel to the room, from the room to the list. */
  readonly back = (): void => {
    const route = this.route.snapshot();
    switch (route.place) {
      case "rooms":
        return this.#go(route.side !== null && route.room !== null ? roomRoute(route.room) : HOME);
      case "people":
        return this.openPeople(route.person === null ? null : route.unit);
      case "settings":
        return this.openSettings();
    }
  };

  /** Forgets where we were, for example after signing out. */
  readonly reset = (): void => this.#location.replace(formatRoute(HOME));

  #go(route: Route): void {
    const address = formatRoute(route);
    if (address !== this.#location.hash()) this.#location.push(address);
  }
}
