/** The keys that work everywhere in the workspace (`features/help/keys.ts` says which): what each of them does. */
import { useEffect } from "react";

import { type Command, commandFor } from "#features/help/keys";
import type { RoomListModel } from "#features/rooms/RoomListModel";
import type { ShellModel } from "#features/shell/ShellModel";

import { COMPOSER_ID } from "./RoomPane";

export interface Shortcuts {
  shell: ShellModel;
  roomList: RoomListModel;
  /** The room that is open. */
  open: string | null;
  onSearch: () => void;
  onHelp: () => void;
}

export function useShortcuts({ shell, roomList, open, onSearch, onHelp }: Shortcuts): void {
  useEffect(() => {
    const goTo = (room: string | null): void => {
      if (room !== null) shell.openRoom(room);
    };
    const deeds: Record<Command, () => unknown> = {
      help: onHelp,
      search: onSearch,
      previous_room: () => goTo(roomList.neighbour(open, -1)),
      next_room: () => goTo(roomList.neighbour(open, 1)),
      previous_unread: () => goTo(roomList.neighbour(open, -1, true)),
      next_unread: () => goTo(roomList.neighbour(open, 1, true)),
      composer: () => document.getElementById(COMPOSER_ID)?.focus(),
      timeline: focusMessages,
      back: () => leavePanel(shell),
    };
    const onKey = (event: KeyboardEvent) => {
      const command = event.isComposing || event.defaultPrevented ? null : commandFor(event);
      // A command that finds nothing to do leaves the key to the browser.
      if (command !== null && deeds[command]() !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [shell, roomList, open, onSearch, onHelp]);
}

/** Esc closes what lies beside, the search last; it never leaves a room on a wide page. */
function leavePanel(shell: ShellModel): boolean {
  const route = shell.route.snapshot();
  const beside = route.place === "rooms" ? route.side !== null : route.place === "people" && route.person !== null;
  if (beside) shell.back();
  else if (shell.search.snapshot() !== "closed") shell.closeSearch();
  else return false;
  return true;
}

/** The list's tab stop; where scrolling has left that out of the document, the last message that shows. */
function focusMessages(): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".timeline-scroll [data-row]")];
  const stop = rows.find((row) => row.tabIndex === 0) ?? rows.findLast((row) => row.getBoundingClientRect().top < window.innerHeight);
  stop?.focus();
}
