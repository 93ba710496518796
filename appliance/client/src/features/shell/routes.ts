/**
 * Which screen is open, as a value and as the address after `#`. Pure.
 *
 * Rules: an empty address opens the rooms; one that `formatRoute` could not have written is `lost`, and that is said. Reading
 * one never throws, whatever was pasted: people send each other addresses, and some arrive cut.
 */
import { personOfNew } from "#core/newChats";
import type { Position } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";

export type SidePanel =
  | { readonly kind: "info" }
  | { readonly kind: "files" }
  | { readonly kind: "readers"; readonly n: Position }
  | { readonly kind: "person"; readonly person: PersonId };

export const SETTINGS_PAGES = ["me", "display", "notifications", "devices", "security", "about"] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

/** A unit's id, `all` for the whole agency, or null for the chart itself. */
export type UnitChoice = string | null;

export type Route =
  /** `message`: the one to arrive at. */
  | { readonly place: "rooms"; readonly room: RoomId | null; readonly message: Position | null; readonly side: SidePanel | null }
  | { readonly place: "people"; readonly unit: UnitChoice; readonly person: PersonId | null }
  | { readonly place: "requests" }
  | { readonly place: "settings"; readonly page: SettingsPage | null }
  /** The address means nothing. */
  | { readonly place: "lost" };

export const HOME: Route = { place: "rooms", room: null, message: null, side: null };
export const REQUESTS: Route = { place: "requests" };
const LOST: Route = { place: "lost" };

export function roomRoute(room: RoomId, side: SidePanel | null = null): Route {
  return { place: "rooms", room, message: null, side };
}

export function messageRoute(room: RoomId, message: Position): Route {
  return { place: "rooms", room, message, side: null };
}

/** The screen without what lies beside a room that is not there: on a narrow page nothing else would be left of it. */
export function withoutSide(route: Route): Route {
  return route.place === "rooms" && route.side !== null && route.room !== null ? roomRoute(route.room) : route;
}

/** What is known of those whom addresses name. */
export interface Known {
  readonly me: PersonId;
  /** Those whom the server does not know. */
  readonly strangers: ReadonlySet<PersonId>;
  /** Empty as long as the chart has not come. */
  readonly units: ReadonlySet<string>;
}

/** The screen, or `lost` where an address names somebody or a unit that there is not, or a chat with oneself. */
export function meant(route: Route, { me, strangers, units }: Known): Route {
  switch (route.place) {
    case "rooms": {
      const other = route.room === null ? null : personOfNew(route.room);
      const beside = route.side?.kind === "person" ? route.side.person : null;
      return other === me || [other, beside].some((person) => person !== null && strangers.has(person)) ? LOST : route;
    }
    case "people": {
      const unknown = route.unit !== null && route.unit !== "all" && units.size > 0 && !units.has(route.unit);
      return unknown || (route.person !== null && strangers.has(route.person)) ? LOST : route;
    }
    case "requests":
    case "settings":
    case "lost":
      return route;
  }
}

export function parseRoute(hash: string): Route {
  const parts = hash.split("/").filter(Boolean).map(decoded);
  if (!parts.every((part) => part !== null)) return LOST;
  const [place, ...rest] = parts;
  if (place === undefined) return HOME;
  switch (place) {
    case "rooms":
      return parseRoom(rest);
    case "people":
      return parsePeople(rest);
    case "requests":
      return rest.length === 0 ? REQUESTS : LOST;
    case "settings":
      return parseSettings(rest);
    default:
      return LOST;
  }
}

/** A part of an address; null for one that was cut within a character. */
function decoded(part: string): string | null {
  try {
    const text = decodeURIComponent(part);
    encodeURIComponent(text); // half of a surrogate pair is read, but could not be written again
    return text;
  } catch {
    return null;
  }
}

function parseRoom([room, kind, value, ...more]: readonly string[]): Route {
  if (room === undefined) return HOME;
  if (personOfNew(room) === "") return LOST;
  if (kind === undefined) return roomRoute(room);
  if (more.length > 0) return LOST;
  if (kind === "info" || kind === "files") return value === undefined ? roomRoute(room, { kind }) : LOST;
  if (value === undefined) return LOST;
  if (kind === "person") return roomRoute(room, { kind, person: value });
  const n = position(value);
  // A chat that has not begun has no message to show, and nobody who read one.
  if (n === null || personOfNew(room) !== null) return LOST;
  if (kind === "message") return messageRoute(room, n);
  return kind === "readers" ? roomRoute(room, { kind, n }) : LOST;
}

function parsePeople([unit, person, ...more]: readonly string[]): Route {
  return more.length > 0 ? LOST : { place: "people", unit: unit ?? null, person: person ?? null };
}

function parseSettings([name, ...more]: readonly string[]): Route {
  if (name === undefined) return { place: "settings", page: null };
  const page = SETTINGS_PAGES.find((known) => known === name);
  return page === undefined || more.length > 0 ? LOST : { place: "settings", page };
}

function position(text: string): Position | null {
  const n = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(n) ? n : null;
}

function sideParts(side: SidePanel | null): readonly (string | number)[] {
  switch (side?.kind) {
    case undefined:
      return [];
    case "info":
    case "files":
      return [side.kind];
    case "readers":
      return ["readers", side.n];
    case "person":
      return ["person", side.person];
  }
}

export function formatRoute(route: Route): string {
  return `/${routeParts(route)
    .filter((part) => part !== null)
    .map(encodeURIComponent)
    .join("/")}`;
}

function routeParts(route: Route): readonly (string | number | null)[] {
  switch (route.place) {
    case "rooms":
      return [route.place, route.room, ...(route.message === null ? sideParts(route.side) : ["message", route.message])];
    case "people":
      return [route.place, route.unit ?? (route.person === null ? null : "all"), route.person];
    case "requests":
      return [route.place];
    case "settings":
      return [route.place, route.page];
    case "lost":
      return [route.place];
  }
}

/** How deep the screen is, which decides what a narrow page shows: the list, the room, or what lies beside it. */
export function depthOf(route: Route): "list" | "main" | "side" {
  switch (route.place) {
    case "rooms":
      return route.room === null ? "list" : route.side === null ? "main" : "side";
    case "people":
      return route.person !== null ? "side" : route.unit === null ? "list" : "main";
    case "requests":
      return "main";
    case "settings":
      return route.page === null ? "list" : "main";
    case "lost":
      return "main";
  }
}
