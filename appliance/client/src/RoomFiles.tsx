/** The files of a room, joined to its messages: how a row draws them, and the viewer over the screen. No rules, no words. */
import { lazy, Suspense, useEffect, useMemo, useState } from "react";

import type { RoomId } from "#core/snapshots";
import { heightOf } from "#features/files/layout";
import { MessageFiles } from "#features/files/MessageFiles";
import { isLookedAt, series, type Shown, shownKey, shownOf } from "#features/files/shown";
import { standingOf } from "#features/files/standing";
import type { FilesShow } from "#features/timeline/MessageRow";
import { downloadFrom } from "#platform/download";
import { useReadable } from "#ui/useReadable";

import type { Root } from "./root";

const Viewer = lazy(() => import("#features/files/Viewer").then((part) => ({ default: part.Viewer })));

interface RoomFiles {
  readonly show: FilesShow;
  /** What is looked at; null for nothing. */
  readonly opened: string | null;
  readonly close: () => void;
}

export function useRoomFiles({ files }: Root, room: RoomId): RoomFiles {
  const [opened, setOpened] = useState<string | null>(null);
  // What is listened to goes on while the reader scrolls, and no longer than its room is open.
  useEffect(() => () => files.playback.pause(), [files, room]);
  const show = useMemo<FilesShow>(() => {
    const open = (one: Shown) => setOpened(shownKey(one));
    return {
      draw: (item, tabIndex) => <MessageFiles room={room} item={item} model={files} tabIndex={tabIndex} onOpen={open} />,
      height: (item) => heightOf(item.files),
      opener: (item) => {
        const first = shownOf(room, item).find(isLookedAt);
        return first === undefined ? null : () => open(first);
      },
      downloader: (item) => {
        const [only, ...others] = shownOf(room, item);
        if (only === undefined || others.length > 0 || !standingOf(only.file, only.mine).open) return null;
        return () => downloadFrom(files.addressOf(only.file.id), only.file.name);
      },
    };
  }, [files, room]);
  return { show, opened, close: () => setOpened(null) };
}

interface RoomViewerProps {
  root: Root;
  room: RoomId;
  opened: string;
  onClose: () => void;
}

/** What the open part of the room has to look at, as it is now: what is retracted meanwhile is gone here too. */
export function RoomViewer({ root: { core, shell, files }, room, opened, onClose }: RoomViewerProps) {
  const { items } = useReadable(core.timeline(room));
  const seen = useMemo(() => series(room, items, opened), [room, items, opened]);
  const jump = (n: number) => {
    onClose();
    shell.openMessage(room, n);
  };
  return (
    <Suspense fallback={null}>
      <Viewer series={seen} opened={opened} model={files} nameOf={(person) => core.people.nameOf(person)} onJump={jump} onClose={onClose} />
    </Suspense>
  );
}
