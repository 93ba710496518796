/**
 * Where the reader is: the route, kept in the address, and whether the search lies beside it.
 * Does not know what any screen shows.
 */
import { derived } from "#core/derived";
import type { Position } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";
import type { Readable } from "#core/store";
import type { Layer, LayersPort, LocationPort } from "#platform/location";

import { formatRoute, HOME, messageRoute, parseRoute, type Route, roomRoute, type SettingsPage, type SidePanel, type UnitChoice } from "./routes";

/** `behind`: a page was opened from the search, and Back leads to it again. */
export type SearchPlace = "closed" | "front" | "behind";

export class ShellModel {
  readonly route: Readable<Route>;
  readonly search: Readable<SearchPlace>;
  readonly #location: LocationPort & LayersPort;
  #search: Layer | null = null;

  constructor(location: LocationPort & LayersPort) {
    this.#location = location;
    const address = { snapshot: () => location.hash(), subscribe: (listener: () => void) => location.subscribe(listener) };
    this.route = derived([address], () => parseRoute(location.hash()));
    this.search = { snapshot: () => this.#searchPlace(), subscribe: address.subscribe };
  }

  readonly openRooms = (): void => this.#go(HOME);
  readonly openRoom = (room: RoomId): void => this.#go(roomRoute(room));
  /** Opens a room at a message; `instead`: in place of the message that is open, which Back then passes over. */
  readonly openMessage = (room: RoomId, n: Position, instead = false): void => {
    const address = formatRoute(messageRoute(room, n));
    if (instead && this.route.snapshot().place === "rooms") this.#location.replace(address);
    else this.#go(messageRoute(room, n));
  };

  /** The open room goes on under another name: there is no step back to the old one. */
  readonly renameRoom = (room: RoomId): void => {
    const route = this.route.snapshot();
    if (route.place === "rooms") this.#location.replace(formatRoute({ ...route, room }));
  };
  readonly openInfo = (room: RoomId): void => this.#go(roomRoute(room, { kind: "info" }));

  /** Goes to an address within the client. */
  readonly follow = (hash: string): void => this.#go(parseRoute(hash));
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

  // --- the search ---

  /** Brings the search to the front. A panel that lies beside a room makes room for it. */
  readonly openSearch = (): void => {
    if (this.#searchPlace() === "front") return;
    const route = this.route.snapshot();
    const under = route.place === "rooms" ? { ...route, side: null } : route;
    this.#search?.release();
    this.#search = this.#location.open(() => (this.#search = null), { stays: true, hash: formatRoute(under) });
  };

  readonly closeSearch = (): void => {
    const search = this.#search;
    this.#search = null;
    search?.release();
  };

  #searchPlace(): SearchPlace {
    if (this.#search === null) return "closed";
    return this.#search.isOnTop() ? "front" : "behind";
  }

  // --- steps ---

  /** One step out: from the panel to the room, from the room to the list. */
  readonly back = (): void => {
    const route = this.route.snapshot();
    switch (route.place) {
      case "rooms":
        return this.#go(route.side !== null && route.room !== null ? roomRoute(route.room) : HOME);
      case "people":
        return this.openPeople(route.person === null ? null : route.unit);
      case "requests":
        return this.openRooms();
      case "settings":
        return this.openSettings();
      case "lost":
        return this.openRooms();
    }
  };

  /** Forgets where we were, for example after signing out. */
  readonly reset = (): void => {
    this.closeSearch();
    this.#location.replace(formatRoute(HOME));
  };

  #go(route: Route): void {
    const address = formatRoute(route);
    if (address !== this.#location.hash()) this.#location.push(address);
  }
}
