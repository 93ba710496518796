/** Which screen is open, as a value and as the address after `#`. Pure; an address that means nothing opens the rooms. */
import type { PersonId, RoomId } from "#core/snapshots";

export type SidePanel =
  | { readonly kind: "info" }
  | { readonly kind: "readers"; readonly n: number }
  | { readonly kind: "person"; readonly person: PersonId };

export const SETTINGS_PAGES = ["me", "display", "devices", "security", "about"] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

/** A unit's id, `all` for the whole agency, or null for the chart itself. */
export type UnitChoice = string | null;

export type Route =
  | { readonly place: "rooms"; readonly room: RoomId | null; readonly side: SidePanel | null }
  | { readonly place: "people"; readonly unit: UnitChoice; readonly person: PersonId | null }
  | { readonly place: "settings"; readonly page: SettingsPage | null };

export const HOME: Route = { place: "rooms", room: null, side: null };

export function roomRoute(room: RoomId, side: SidePanel | null = null): Route {
  return { place: "rooms", room, side };
}

export function parseRoute(hash: string): Route {
  const [place, first, second, third] = hash.split("/").filter(Boolean).map(decoded);
  switch (place as Route["place"] | undefined) {
    case undefined:
      return HOME;
    case "rooms":
      return first === undefined ? HOME : roomRoute(first, parseSide(second, third));
    case "people":
      return { place: "people", unit: first ?? null, person: second ?? null };
    case "settings":
      return { place: "settings", page: SETTINGS_PAGES.find((page) => page === first) ?? null };
    default:
      return HOME;
  }
}

/** A part of an address; one that was cut within a character is as it stands, and leads nowhere. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function parseSide(kind: string | undefined, value: string | undefined): SidePanel | null {
  if (kind === "info") return { kind };
  if (kind === "person" && value !== undefined) return { kind, person: value };
  const n = Number(value);
  return kind === "readers" && Number.isSafeInteger(n) ? { kind, n } : null;
}

function sideParts(side: SidePanel | null): readonly (string | number)[] {
  switch (side?.kind) {
    case undefined:
      return [];
    case "info":
      return ["info"];
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
      return [route.place, route.room, ...sideParts(route.side)];
    case "people":
      return [route.place, route.unit ?? (route.person === null ? null : "all"), route.person];
    case "settings":
      return [route.place, route.page];
  }
}

/** How deep the screen is, which decides what a narrow page shows: the list, the room, or what lies beside it. */
export function depthOf(route: Route): "list" | "main" | "side" {
  switch (route.place) {
    case "rooms":
      return route.room === null ? "list" : route.side === null ? "main" : "side";
    case "people":
      return route.person !== null ? "side" : route.unit === null ? "list" : "main";
    case "settings":
      return route.page === null ? "list" : "main";
  }
}
