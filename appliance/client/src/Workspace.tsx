/**
 * The screens of somebody signed in, put into the frame: features meet here and nowhere else.
 * Owns which models live while a room, a person or a dialog is open; no rules, no words but the titles of panes.
 */
import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";

import type { Me } from "#core/protocol";
import { newsCount, newsOf } from "#core/requests";
import type { PersonId, RoomId } from "#core/snapshots";
import { Store } from "#core/store";
import { NotificationsBanner } from "#features/account/NotificationsBanner";
import { SignOutDialog } from "#features/account/SignOutDialog";
import { SignOutModel } from "#features/account/SignOutModel";
import { contactWith } from "#features/people/contact";
import { PeopleModel } from "#features/people/PeopleModel";
import { RequestsModel } from "#features/room/RequestsModel";
import { RoomListModel } from "#features/rooms/RoomListModel";
import { SearchModel } from "#features/search/SearchModel";
import { formatRoute, meant, type Route, withoutSide } from "#features/shell/routes";
import { NARROW, ShellView } from "#features/shell/ShellView";
import { formatNumber } from "#i18n/dates";
import { leaveTab, showUnread } from "#platform/badge";
import { Loading } from "#ui/Notice";
import { useMedia } from "#ui/useMedia";
import { useReadable } from "#ui/useReadable";

import type { Root } from "./root";
import { COMPOSER_ID, type Landing } from "./RoomPane";
import { useShortcuts } from "./useShortcuts";
import { useDialogs, WorkspaceDialogs } from "./WorkspaceDialogs";
import { hasSide, ListPlace, MainPlace, SidePlace } from "./WorkspacePlaces";

const loadSearch = () => import("#features/search/SearchView").then((part) => ({ default: part.SearchView }));
const SearchView = lazy(loadSearch);
const HitBar = lazy(() => import("#features/search/HitSteps").then((part) => ({ default: part.HitBar })));
const NO_ROOM = new Store(null);
const SEARCH_LOADS_AFTER_MS = 2_000;

interface WorkspaceProps {
  root: Root;
  me: Me;
  signedIn: boolean;
}

export function Workspace({ root, me, signedIn }: WorkspaceProps) {
  const { core, shell } = root;
  const { t } = useLingui();
  const my = me.person.id;
  const people = useMemo(() => new PeopleModel(core), [core]);
  const roomList = useMemo(() => new RoomListModel(core, my), [core, my]);
  const requests = useMemo(() => new RequestsModel(core, my), [core, my]);
  const signOut = useMemo(() => new SignOutModel(core, shell.reset), [core, shell]);
  const search = useMemo(() => new SearchModel(core), [core]);
  const dialogs = useDialogs();
  const route = useRoute(root, people, my);
  const open = useOpenRoom(root);
  const rooms = useReadable(core.rooms.list);
  const news = newsOf(useReadable(core.requests.list));
  useReadable(root.preferences);
  const searchPlace = useReadable(shell.search);
  const narrow = useMedia(NARROW);
  const [called, setCalled] = useState(0);
  const callSearch = useCallback(() => {
    shell.openSearch();
    setCalled((now) => now + 1);
  }, [shell]);
  const { landing, openHit, stepHit } = useLanding(root, route, search);

  usePreload();
  useTabTitle(root, open, rooms.unread + newsCount(news));
  useShortcuts({ shell, roomList, open, onSearch: callSearch, onHelp: dialogs.openHelp });

  const openChat = (person: PersonId) => shell.openRoom(core.rooms.chatWith(person));
  const goToPerson = (person: PersonId) => {
    const profile = core.people.known(person)?.full;
    if (profile != null && contactWith(core, profile) === "open") openChat(person);
    else shell.openPerson(person);
  };
  const searchIn = (room: RoomId) => {
    search.setFilters({ room });
    callSearch();
  };

  const waiting = <Loading label={t`กำลังโหลด`} />;
  return (
    <>
      <ShellView
        route={route}
        rail={{ place: route.place, me: me.person, unread: rooms.unread, news, onSearch: callSearch, onHelp: dialogs.openHelp }}
        list={
          <Suspense fallback={waiting}>
            <ListPlace
              root={root}
              route={route}
              open={open}
              rooms={roomList}
              people={people}
              signOut={signOut}
              onNewRoom={() => dialogs.pick({ kind: "new" })}
              onNewChat={dialogs.openNewChat}
              onHelp={dialogs.openHelp}
            />
          </Suspense>
        }
        main={
          <Suspense fallback={waiting}>
            {narrow && searchPlace === "behind" && <HitBar model={search} arrived={landing} onStep={stepHit} onList={shell.openSearch} />}
            <MainPlace
              root={root}
              me={me}
              route={route}
              landing={landing}
              people={people}
              requests={requests}
              onChat={openChat}
              onSearchIn={searchIn}
            />
          </Suspense>
        }
        side={
          hasSide(route) ? (
            <Suspense fallback={waiting}>
              <SidePlace root={root} me={me} route={route} onPick={dialogs.pick} />
            </Suspense>
          ) : null
        }
        search={
          searchPlace !== "closed" && (
            <Suspense fallback={waiting}>
              <SearchView
                model={search}
                here={open}
                arrived={landing}
                inFront={searchPlace === "front"}
                called={called}
                onClose={shell.closeSearch}
                onOpen={openHit}
                onStep={stepHit}
                onPerson={goToPerson}
              />
            </Suspense>
          )
        }
        searchInFront={searchPlace === "front"}
        connection={core.connection}
        update={root.update}
        install={root.install}
        notice={
          <NotificationsBanner
            model={root.notifications}
            place={formatRoute(route)}
            settingsHref={`#${formatRoute({ place: "settings", page: "notifications" })}`}
          />
        }
        composerId={COMPOSER_ID}
        signedIn={signedIn}
      />
      <SignOutDialog model={signOut} />
      <WorkspaceDialogs root={root} me={my} dialogs={dialogs} people={people} onChat={openChat} />
    </>
  );
}

/** The room of the address, or null. A chat that was open before it had begun goes on in its room. */
function useOpenRoom({ core, shell }: Root): RoomId | null {
  const address = useReadable(shell.route);
  const open = address.place === "rooms" ? address.room : null;
  useReadable(core.rooms.list);
  const begun = open === null ? null : core.rooms.begunAs(open);
  useEffect(() => {
    if (begun !== null) shell.renameRoom(begun);
  }, [shell, begun]);
  return open;
}

/** What the address means, for what is known by now. What lies beside a room goes with the room. */
function useRoute({ core, shell }: Root, people: PeopleModel, me: PersonId): Route {
  const address = useReadable(shell.route);
  const open = address.place === "rooms" ? address.room : null;
  const room = useReadable(open === null ? NO_ROOM : core.rooms.room(open));
  const { loaded } = useReadable(core.rooms.list);
  const { units } = useReadable(people.chart);
  const strangers = useReadable(core.people.strangers);
  const gone = open !== null && room === null && loaded;
  return useMemo(
    () => meant(gone ? withoutSide(address) : address, { me, strangers, units: new Set(units.map(({ id }) => id)) }),
    [gone, address, me, strangers, units],
  );
}

interface Landed {
  readonly landing: Landing | null;
  readonly openHit: (room: RoomId, n: number | null) => void;
  readonly stepHit: (by: -1 | 1) => void;
}

/** The message that the address names, and the ways to it from the search. */
function useLanding({ shell }: Root, route: Route, search: SearchModel): Landed {
  const [arrival, setArrival] = useState({ turn: 0, focus: true });
  const landing = useMemo<Landing | null>(
    () => (route.place === "rooms" && route.room !== null && route.message !== null ? { room: route.room, n: route.message, ...arrival } : null),
    [route, arrival],
  );
  /** `focus`: the reader goes there; who steps through the hits stays at the arrows. */
  const arriveAt = (room: RoomId, n: number, focus: boolean) => {
    setArrival(({ turn }) => ({ turn: turn + 1, focus }));
    shell.openMessage(room, n, !focus && landing !== null);
  };
  return {
    landing,
    openHit: (room, n) => (n === null ? shell.openRoom(room) : arriveAt(room, n, true)),
    stepHit: (by) => void search.neighbour(landing, by).then((hit) => hit && arriveAt(hit.room, hit.n, false)),
  };
}

/** Who presses Ctrl+K types at once: the search's code is here before, fetched when the first rooms have been drawn. */
function usePreload(): void {
  useEffect(() => {
    const timer = setTimeout(() => void loadSearch().catch(() => undefined), SEARCH_LOADS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
}

/** The tab says which room is open and how much is unread: in its title, and on the icon of an installed client. */
function useTabTitle({ core }: Root, open: RoomId | null, unread: number): void {
  const rooms = useReadable(core.rooms.list);
  const openTitle = [...rooms.rooms, ...rooms.hidden].find((room) => room.id === open)?.title ?? null;
  useEffect(() => {
    const count = unread > 0 ? `(${formatNumber(unread)}) ` : "";
    document.title = `${count}${openTitle === null ? "" : `${openTitle} · `}G-Chat`;
  });
  useEffect(() => showUnread(unread), [unread]);
  useEffect(() => leaveTab, []);
}
