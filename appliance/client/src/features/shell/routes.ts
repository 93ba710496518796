/** Which screen is open, as a value and as the address after `#`. Pure; an address that means nothing opens the rooms. */
import type { PersonId, RoomId } from "#core/snapshots";

export type SidePanel =
  | { readonly kind: "info" }
  | { readonly kind: "readers"; readonly n: number }
  | { readonly kind: "person"; readonly person: PersonId };

export const SETTINGS_PAGES = ["me", "display", "devices", "security", "about"] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

export type Route =
  | { readonly place: "rooms"; readonly room: RoomId | null; readonly side: SidePanel | null }
  | { readonly place: "people"; readonly person: PersonId | null }
  | { readonly place: "settings"; readonly page: SettingsPage | null };

export const HOME: Route = { place: "rooms", room: null, side: null };

export function roomRoute(room: RoomId, side: SidePanel | null = null): Route {
  return { place: "rooms", room, side };
}

export function parseRoute(hash: string): Route {
  const [place, first, second, third] = hash.split("/").filter(Boolean).map(decodeURIComponent);
  switch (place) {
    case "rooms":
      return first === undefined ? HOME : roomRoute(first, parseSide(second, third));
    case "people":
      return { place: "people", person: first ?? null };
    case "settings":
      return { place: "settings", page: SETTINGS_PAGES.find((page) => page === first) ?? null };
    default:
      return HOME;
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
  const parts: readonly (string | number | null)[] =
    route.place === "rooms"
      ? [route.place, route.room, ...sideParts(route.side)]
      : [route.place, route.place === "people" ? route.person : route.page];
  return `/${parts
    .filter((part) => part !== null)
    .map(encodeURIComponent)
    .join("/")}`;
}

/** How deep the screen is, which decides what a narrow page shows: the list, the room, or what lies beside it. */
export function depthOf(route: Route): "list" | "main" | "side" {
  if (route.place === "rooms") return route.room === null ? "list" : route.side === null ? "main" : "side";
  return (route.place === "people" ? route.person : route.page) === null ? "list" : "main";
}
