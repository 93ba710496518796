/** What stands in the frame at each place: the list, the main part and what lies beside it. No state, no rules. */
import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, useMemo } from "react";

import type { Core } from "#core/index";
import { newChat, personOfNew } from "#core/newChats";
import type { Me } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";
import { AccountModel } from "#features/account/AccountModel";
import { PhotoModel } from "#features/account/PhotoModel";
import { SettingsList } from "#features/account/SettingsList";
import type { SignOutModel } from "#features/account/SignOutModel";
import type { PeopleModel } from "#features/people/PeopleModel";
import type { PickerPurpose } from "#features/people/PickerModel";
import type { RequestsModel } from "#features/room/RequestsModel";
import type { RoomListModel } from "#features/rooms/RoomListModel";
import { RoomListView } from "#features/rooms/RoomListView";
import { LostView } from "#features/shell/LostView";
import { formatRoute, type Route, roomRoute } from "#features/shell/routes";
import { EmptyState } from "#ui/Notice";

import type { Root } from "./root";
import { type Landing, RoomPane, RoomSide } from "./RoomPane";

// What is not on the first screen arrives when it is wanted; the service worker has it by then.
const ChartView = lazy(() => import("#features/people/PeopleView").then((part) => ({ default: part.ChartView })));
const PeopleListView = lazy(() => import("#features/people/PeopleView").then((part) => ({ default: part.PeopleListView })));
const PersonPane = lazy(() => import("./PersonPane").then((part) => ({ default: part.PersonPane })));
const RequestsPane = lazy(() => import("./RequestsPane").then((part) => ({ default: part.RequestsPane })));
const SettingsPane = lazy(() => import("./SettingsPane").then((part) => ({ default: part.SettingsPane })));

const hrefOfRoom = (room: RoomId) => `#${formatRoute(roomRoute(room))}`;

interface ListPlaceProps {
  root: Root;
  route: Route;
  open: RoomId | null;
  rooms: RoomListModel;
  people: PeopleModel;
  signOut: SignOutModel;
  onNewRoom: () => void;
  onNewChat: () => void;
  onHelp: () => void;
}

export function ListPlace({ root, route, open, rooms, people, signOut, onNewRoom, onNewChat, onHelp }: ListPlaceProps) {
  const { core, shell } = root;
  switch (route.place) {
    case "lost":
    case "rooms":
    case "requests":
      return (
        <RoomListView
          model={rooms}
          open={open}
          now={core.clock.now()}
          hrefOf={hrefOfRoom}
          onNewRoom={onNewRoom}
          onNewChat={onNewChat}
          onInfo={shell.openInfo}
        />
      );
    case "people":
      return <ChartView model={people} unit={route.unit} onUnit={shell.openPeople} />;
    case "settings":
      return (
        <SettingsList
          page={route.page}
          hrefOf={(page) => `#${formatRoute({ place: "settings", page })}`}
          onHelp={onHelp}
          onLogout={() => void signOut.ask()}
        />
      );
  }
}

interface MainPlaceProps {
  root: Root;
  me: Me;
  route: Route;
  landing: Landing | null;
  people: PeopleModel;
  requests: RequestsModel;
  onChat: (person: PersonId) => void;
  onSearchIn: (room: RoomId) => void;
}

export function MainPlace({ root, me, route, landing, people, requests, onChat, onSearchIn }: MainPlaceProps) {
  const { core, shell } = root;
  const { t } = useLingui();
  const account = useMemo(() => new AccountModel(core), [core]);
  const photo = useMemo(() => new PhotoModel(core), [core]);
  const back = { icon: "back" as const, label: t`กลับ`, onPress: shell.back };
  switch (route.place) {
    case "rooms": {
      const { room } = route;
      return room === null ? (
        <EmptyState icon="message" title={t`เลือกห้องสนทนา`}>
          <Trans>เลือกจากรายชื่อห้อง หรือกด + เพื่อเริ่มการสนทนา</Trans>
        </EmptyState>
      ) : (
        <RoomPane
          key={paneKey(core, room)}
          root={root}
          room={room}
          me={me}
          requests={requests}
          infoOpen={route.side?.kind === "info"}
          landing={landing}
          onSearch={() => onSearchIn(room)}
        />
      );
    }
    case "requests":
      return <RequestsPane root={root} requests={requests} leave={back} hrefOf={hrefOfRoom} onPerson={shell.openPerson} />;
    case "people":
      return (
        <PeopleListView
          model={people}
          unit={route.unit === "all" ? null : route.unit}
          onPerson={shell.openPerson}
          onChat={onChat}
          onEverywhere={() => shell.openPeople("all")}
          leave={back}
        />
      );
    case "settings":
      return <SettingsPane root={root} account={account} photo={photo} me={me} page={route.page ?? "me"} leave={back} />;
    case "lost":
      return <LostView onLeave={shell.openRooms} />;
  }
}

/** A chat keeps its pane, and what is being typed in it, when it becomes a room. */
function paneKey(core: Core, room: RoomId): string {
  const other = core.rooms.room(room).snapshot()?.other ?? null;
  return other === null ? room : newChat(other);
}

/** Whether something lies beside the main part; a chat that has not begun has nothing but its person. */
export function hasSide(route: Route): boolean {
  if (route.place === "people") return route.person !== null;
  if (route.place !== "rooms" || route.room === null || route.side === null) return false;
  return personOfNew(route.room) === null || route.side.kind === "person";
}

interface SidePlaceProps {
  root: Root;
  me: Me;
  route: Route;
  onPick: (purpose: PickerPurpose) => void;
}

export function SidePlace({ root, me, route, onPick }: SidePlaceProps) {
  if (route.place === "people" && route.person !== null) return <PersonPane key={route.person} root={root} person={route.person} me={me} />;
  if (route.place !== "rooms" || route.room === null || route.side === null) return null;
  return (
    <RoomSide
      root={root}
      room={route.room}
      side={route.side}
      me={me}
      onAddMembers={(room) => onPick({ kind: "add", room })}
      onSuggestMembers={(room) => onPick({ kind: "suggest", room })}
    />
  );
}
