/** One open room: its head, its messages and the field to write in; and what lies beside it. */
import { useLingui } from "@lingui/react/macro";
import { lazy, useCallback, useMemo } from "react";

import { personOfNew } from "#core/newChats";
import type { Me } from "#core/protocol";
import { newsOf } from "#core/requests";
import type { MessageItem, PersonCard, RoomId, RoomSnapshot } from "#core/snapshots";
import { Store } from "#core/store";
import { ComposerModel } from "#features/composer/ComposerModel";
import { COMPOSER_ID, ComposerView } from "#features/composer/ComposerView";
import { ReadersModel } from "#features/readers/ReadersModel";
import { GoneView } from "#features/room/GoneView";
import type { RequestsModel } from "#features/room/RequestsModel";
import { RoomHeaderView } from "#features/room/RoomHeaderView";
import { RoomModel } from "#features/room/RoomModel";
import { formatRoute, messageRoute, type SidePanel } from "#features/shell/routes";
import { TimelineModel } from "#features/timeline/TimelineModel";
import { TimelineView } from "#features/timeline/TimelineView";
import { pageAddress } from "#platform/location";
import { Loading } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import { RoomViewer, useRoomFiles } from "./RoomFiles";
import type { Root } from "./root";

const FilesPanel = lazy(() => import("#features/files/FilesPanel").then((part) => ({ default: part.FilesPanel })));
const PersonPane = lazy(() => import("./PersonPane").then((part) => ({ default: part.PersonPane })));
const ReadersView = lazy(() => import("#features/readers/ReadersView").then((part) => ({ default: part.ReadersView })));
const RoomInfoView = lazy(() => import("#features/room/RoomInfoView").then((part) => ({ default: part.RoomInfoView })));

export { COMPOSER_ID };

const NOBODY = new Store<PersonCard | null>(null);

function useOther(root: Root, room: RoomSnapshot | null): PersonCard | null {
  const other = room?.other ?? null;
  return useReadable(other === null ? NOBODY : root.core.people.person(other));
}

function useTitle(root: Root, room: RoomSnapshot | null): string {
  const other = useOther(root, room);
  return room?.title ?? other?.name ?? "…";
}

/** A message to arrive at; another object is another arrival. */
export interface Landing {
  readonly room: RoomId;
  readonly n: number;
  /** Whether the message takes the focus. */
  readonly focus: boolean;
}

interface RoomPaneProps {
  root: Root;
  room: RoomId;
  me: Me;
  requests: RequestsModel;
  infoOpen: boolean;
  landing: Landing | null;
  onSearch: () => void;
}

export function RoomPane({ root, room, me, requests, infoOpen, landing, onSearch }: RoomPaneProps) {
  const { core, shell, recorder } = root;
  const { t } = useLingui();
  const snapshot = useReadable(core.rooms.room(room));
  const { loaded } = useReadable(core.rooms.list);
  const list = useReadable(core.requests.list);
  const title = useTitle(root, snapshot);
  const other = useOther(root, snapshot);
  const timeline = useMemo(() => new TimelineModel(core, room, me.person.id), [core, room, me.person.id]);
  const files = useRoomFiles(root, room);
  const composer = useMemo(() => new ComposerModel(core, room, recorder), [core, room, recorder]);
  const openReaders = useCallback((n: number) => shell.showSide({ kind: "readers", n }), [shell]);
  const edit = useCallback((item: MessageItem) => composer.startEdit(item), [composer]);
  const toComposer = useCallback(() => document.getElementById(COMPOSER_ID)?.focus(), []);
  if (snapshot === null) {
    return loaded ? <GoneView room={room} model={requests} onBack={shell.openRooms} /> : <Loading label={t`กำลังเปิดห้อง`} />;
  }
  return (
    <>
      <RoomHeaderView
        room={snapshot}
        title={title}
        status={other?.status ?? null}
        onBack={shell.openRooms}
        infoOpen={infoOpen}
        onInfo={personOfNew(room) === null ? () => shell.showSide(infoOpen ? null : { kind: "info" }) : null}
        onFiles={personOfNew(room) === null ? () => shell.showSide({ kind: "files" }) : null}
        news={newsOf(list, room)}
        onPerson={shell.openPerson}
      />
      <TimelineView
        key={room}
        model={timeline}
        title={title}
        unread={snapshot.unread}
        onEdit={edit}
        onReaders={openReaders}
        onPerson={shell.openPerson}
        onLeave={toComposer}
        onMarkedUnread={shell.openRooms}
        onSearch={onSearch}
        landing={landing}
        addressOf={(n) => pageAddress(formatRoute(messageRoute(room, n)))}
        files={files.show}
      />
      {files.opened !== null && <RoomViewer root={root} room={room} opened={files.opened} onClose={files.close} />}
      <ComposerView model={composer} title={title} />
    </>
  );
}

interface RoomSideProps {
  root: Root;
  room: RoomId;
  side: SidePanel;
  me: Me;
  onAddMembers: (room: RoomId) => void;
  onSuggestMembers: (room: RoomId) => void;
}

/** The panel beside a room; which one is in the address. */
export function RoomSide({ root, room, side, me, onAddMembers, onSuggestMembers }: RoomSideProps) {
  switch (side.kind) {
    case "info":
      return <InfoSide key={room} root={root} room={room} me={me} onAddMembers={onAddMembers} onSuggestMembers={onSuggestMembers} />;
    case "files":
      return <FilesSide key={room} root={root} room={room} me={me} />;
    case "readers":
      return <ReadersSide key={side.n} root={root} room={room} n={side.n} />;
    case "person":
      return <PersonPane key={side.person} root={root} person={side.person} me={me} />;
  }
}

function InfoSide({ root, room, me, onAddMembers, onSuggestMembers }: Omit<RoomSideProps, "side">) {
  const { t } = useLingui();
  const { core, shell } = root;
  const model = useMemo(() => new RoomModel(core, room, me.person.id), [core, room, me.person.id]);
  const title = useTitle(root, useReadable(core.rooms.room(room)));
  return (
    <RoomInfoView
      model={model}
      title={title}
      leave={{ icon: "close", label: t`ปิด`, onPress: shell.back }}
      onFiles={() => shell.showSide({ kind: "files" })}
      onPerson={shell.openPerson}
      onAddMembers={() => onAddMembers(room)}
      onSuggestMembers={() => onSuggestMembers(room)}
    />
  );
}

function FilesSide({ root, room, me }: { root: Root; room: RoomId; me: Me }) {
  const { t } = useLingui();
  const { core, shell, files } = root;
  const lists = useMemo(
    () => ({
      pictures: core.roomFiles(room, ["picture", "video"]),
      documents: core.roomFiles(room, ["document"]),
      sounds: core.roomFiles(room, ["sound", "voice"]),
    }),
    [core, room],
  );
  return (
    <FilesPanel
      lists={lists}
      model={files}
      me={me.person.id}
      nameOf={(person) => core.people.nameOf(person)}
      onJump={(n) => shell.openMessage(room, n)}
      leave={{ icon: "close", label: t`ปิด`, onPress: shell.back }}
    />
  );
}

function ReadersSide({ root, room, n }: { root: Root; room: RoomId; n: number }) {
  const { t } = useLingui();
  const { core, shell } = root;
  const model = useMemo(() => new ReadersModel(core, room, n), [core, room, n]);
  return <ReadersView model={model} leave={{ icon: "close", label: t`ปิด`, onPress: shell.back }} onPerson={shell.openPerson} />;
}
