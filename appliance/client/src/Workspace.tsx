/**
 * The screens of somebody signed in, put into the frame: features meet here and nowhere else.
 * Owns which models live while a room, a person or a dialog is open; no rules, no words but the titles of panes.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";

import type { Core } from "#core/index";
import { newChat, personOfNew } from "#core/newChats";
import type { Me } from "#core/protocol";
import { newsCount, newsOf } from "#core/requests";
import type { PersonId, RoomId } from "#core/snapshots";
import { Store } from "#core/store";
import { AccountModel } from "#features/account/AccountModel";
import { NotificationsBanner } from "#features/account/NotificationsBanner";
import { SettingsList } from "#features/account/SettingsList";
import { SignOutDialog } from "#features/account/SignOutDialog";
import { SignOutModel } from "#features/account/SignOutModel";
import { type Command, commandFor } from "#features/help/keys";
import { contactWith } from "#features/people/contact";
import { PeopleModel } from "#features/people/PeopleModel";
import { PickerModel, type PickerPurpose } from "#features/people/PickerModel";
import { RequestsModel } from "#features/room/RequestsModel";
import { RoomListModel } from "#features/rooms/RoomListModel";
import { RoomListView } from "#features/rooms/RoomListView";
import { SearchModel } from "#features/search/SearchModel";
import { formatRoute, meant, roomRoute, withoutSide } from "#features/shell/routes";
import type { ShellModel } from "#features/shell/ShellModel";
import { LostView } from "#features/shell/LostView";
import { NARROW, ShellView } from "#features/shell/ShellView";
import { formatNumber } from "#i18n/dates";
import { leaveTab, showUnread } from "#platform/badge";
import { EmptyState, Loading } from "#ui/Notice";
import { useMedia } from "#ui/useMedia";
import { useReadable } from "#ui/useReadable";

import type { Root } from "./root";
import { COMPOSER_ID, type Landing, RoomPane, RoomSide } from "./RoomPane";

// What is not on the first screen arrives when it is wanted; the service worker has it by then.
const HelpView = lazy(() => import("#features/help/HelpView").then((part) => ({ default: part.HelpView })));
const ChartView = lazy(() => import("#features/people/PeopleView").then((part) => ({ default: part.ChartView })));
const PeopleListView = lazy(() => import("#features/people/PeopleView").then((part) => ({ default: part.PeopleListView })));
const PersonPane = lazy(() => import("./PersonPane").then((part) => ({ default: part.PersonPane })));
const NewChatView = lazy(() => import("#features/people/NewChatView").then((part) => ({ default: part.NewChatView })));
const PickerView = lazy(() => import("#features/people/PickerView").then((part) => ({ default: part.PickerView })));
const RequestsView = lazy(() => import("#features/room/RequestsView").then((part) => ({ default: part.RequestsView })));
const loadSearch = () => import("#features/search/SearchView").then((part) => ({ default: part.SearchView }));
const SearchView = lazy(loadSearch);
const HitBar = lazy(() => import("#features/search/HitSteps").then((part) => ({ default: part.HitBar })));
const SettingsPane = lazy(() => import("./SettingsPane").then((part) => ({ default: part.SettingsPane })));
const NO_ROOM = new Store(null);
const SEARCH_LOADS_AFTER_MS = 2_000;

export function Workspace({ root, me, signedIn }: { root: Root; me: Me; signedIn: boolean }) {
  const { core, shell } = root;
  const { t } = useLingui();
  const people = useMemo(() => new PeopleModel(core), [core]);
  const address = useReadable(shell.route);
  const rooms = useReadable(core.rooms.list);
  const agency = useReadable(core.agency);
  const open = address.place === "rooms" ? address.room : null;
  const openRoom = useReadable(open === null ? NO_ROOM : core.rooms.room(open));
  const { units } = useReadable(people.chart);
  const strangers = useReadable(core.people.strangers);
  // What lies beside a room goes with it.
  const gone = open !== null && openRoom === null && rooms.loaded;
  const route = useMemo(
    () => meant(gone ? withoutSide(address) : address, { me: me.person.id, strangers, units: new Set(units.map(({ id }) => id)) }),
    [gone, address, me.person.id, strangers, units],
  );
  const news = newsOf(useReadable(core.requests.list));
  const untold = rooms.unread + newsCount(news);
  useReadable(root.preferences);
  const roomList = useMemo(() => new RoomListModel(core, me.person.id), [core, me.person.id]);
  const requests = useMemo(() => new RequestsModel(core, me.person.id), [core, me.person.id]);
  const account = useMemo(() => new AccountModel(core), [core]);
  const signOut = useMemo(() => new SignOutModel(core, shell.reset), [core, shell]);
  const [purpose, setPurpose] = useState<PickerPurpose | null>(null);
  const target = purpose === null || purpose.kind === "new" ? null : purpose.room;
  const targetRoom = useReadable(target === null ? NO_ROOM : core.rooms.room(target));
  const picker = useMemo(() => (purpose === null ? null : new PickerModel(core, purpose, me.person.id)), [core, purpose, me.person.id]);
  const search = useMemo(() => new SearchModel(core), [core]);
  const [helping, setHelping] = useState(false);
  const searchPlace = useReadable(shell.search);
  const narrow = useMedia(NARROW);
  const [called, setCalled] = useState(0);
  const [arrival, setArrival] = useState({ turn: 0, focus: true });
  const [finding, setFinding] = useState(false);
  const openTitle = [...rooms.rooms, ...rooms.hidden].find((room) => room.id === open)?.title ?? null;
  const landing = useMemo<Landing | null>(
    () => (route.place === "rooms" && route.room !== null && route.message !== null ? { room: route.room, n: route.message, ...arrival } : null),
    [route, arrival],
  );
  const callSearch = useCallback(() => {
    shell.openSearch();
    setCalled((now) => now + 1);
  }, [shell]);

  // Who presses Ctrl+K types at once: its code is here before, fetched when the first rooms have been drawn.
  useEffect(() => {
    const timer = setTimeout(() => void loadSearch().catch(() => undefined), SEARCH_LOADS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);

  // A chat that was open before it had begun goes on in its room.
  const begun = open === null ? null : core.rooms.begunAs(open);
  useEffect(() => {
    if (begun !== null) shell.renameRoom(begun);
  }, [shell, begun]);

  useEffect(() => {
    const count = untold > 0 ? `(${formatNumber(untold)}) ` : "";
    document.title = `${count}${openTitle === null ? "" : `${openTitle} · `}G-Chat`;
  });
  useEffect(() => showUnread(untold), [untold]);
  useEffect(() => leaveTab, []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = event.isComposing || event.defaultPrevented ? null : commandFor(event);
      if (command !== null && run(command)) event.preventDefault();
    };
    const goTo = (room: string | null): boolean => {
      if (room !== null) shell.openRoom(room);
      return true;
    };
    const run = (command: Command): boolean => {
      switch (command) {
        case "help":
          setHelping(true);
          return true;
        case "search":
          callSearch();
          return true;
        case "previous_room":
          return goTo(roomList.neighbour(open, -1));
        case "next_room":
          return goTo(roomList.neighbour(open, 1));
        case "previous_unread":
          return goTo(roomList.neighbour(open, -1, true));
        case "next_unread":
          return goTo(roomList.neighbour(open, 1, true));
        case "composer":
          document.getElementById(COMPOSER_ID)?.focus();
          return true;
        case "timeline":
          focusMessages();
          return true;
        case "back":
          return leavePanel(shell);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [shell, roomList, open, callSearch]);

  /** `focus`: the reader goes there; who steps through the hits stays at the arrows. */
  const arriveAt = (room: RoomId, n: number, focus: boolean) => {
    setArrival(({ turn }) => ({ turn: turn + 1, focus }));
    shell.openMessage(room, n, !focus && landing !== null);
  };
  const openHit = (room: RoomId, n: number | null) => (n === null ? shell.openRoom(room) : arriveAt(room, n, true));
  const stepHit = (by: -1 | 1) => void search.neighbour(landing, by).then((hit) => hit && arriveAt(hit.room, hit.n, false));
  const openChat = (person: PersonId) => shell.openRoom(core.rooms.chatWith(person));
  const goToPerson = (person: PersonId) => {
    const profile = core.people.known(person)?.full;
    if (profile != null && contactWith(core, profile) === "open") openChat(person);
    else shell.openPerson(person);
  };
  const back = { icon: "back" as const, label: t`กลับ`, onPress: shell.back };
  const list = (() => {
    switch (route.place) {
      case "lost":
      case "rooms":
      case "requests":
        return (
          <RoomListView
            model={roomList}
            open={open}
            now={core.clock.now()}
            hrefOf={(room) => `#${formatRoute(roomRoute(room))}`}
            onNewRoom={() => setPurpose({ kind: "new" })}
            onNewChat={() => setFinding(true)}
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
            onHelp={() => setHelping(true)}
            onLogout={() => void signOut.ask()}
          />
        );
    }
  })();
  const main = (() => {
    switch (route.place) {
      case "rooms":
        return route.room === null ? (
          <EmptyState icon="message" title={t`เลือกห้องสนทนา`}>
            <Trans>เลือกจากรายชื่อห้อง หรือกด + เพื่อเริ่มการสนทนา</Trans>
          </EmptyState>
        ) : (
          <RoomPane
            key={paneKey(core, route.room)}
            root={root}
            room={route.room}
            me={me}
            requests={requests}
            infoOpen={route.side?.kind === "info"}
            landing={landing}
            onSearch={() => {
              search.setFilters({ room: route.room });
              callSearch();
            }}
          />
        );
      case "requests":
        return <RequestsView model={requests} leave={back} hrefOf={(room) => `#${formatRoute(roomRoute(room))}`} onPerson={shell.openPerson} />;
      case "people":
        return (
          <PeopleListView
            model={people}
            unit={route.unit === "all" ? null : route.unit}
            onPerson={shell.openPerson}
            onChat={openChat}
            onEverywhere={() => shell.openPeople("all")}
            leave={back}
          />
        );
      case "settings":
        return <SettingsPane root={root} account={account} me={me} page={route.page ?? "me"} leave={back} />;
      case "lost":
        return <LostView onLeave={shell.openRooms} />;
    }
  })();
  const side = (() => {
    if (route.place === "people" && route.person !== null) return <PersonPane key={route.person} root={root} person={route.person} me={me} />;
    if (route.place !== "rooms" || route.room === null || route.side === null) return null;
    if (personOfNew(route.room) !== null && route.side.kind !== "person") return null;
    return (
      <RoomSide
        root={root}
        room={route.room}
        side={route.side}
        me={me}
        onAddMembers={(room) => setPurpose({ kind: "add", room })}
        onSuggestMembers={(room) => setPurpose({ kind: "suggest", room })}
      />
    );
  })();

  const waiting = <Loading label={t`กำลังโหลด`} />;
  const searchPanel = searchPlace !== "closed" && (
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
  );
  return (
    <>
      <ShellView
        route={route}
        rail={{ place: route.place, me: me.person, unread: rooms.unread, news, onSearch: callSearch, onHelp: () => setHelping(true) }}
        list={<Suspense fallback={waiting}>{list}</Suspense>}
        main={
          <Suspense fallback={waiting}>
            {narrow && searchPlace === "behind" && <HitBar model={search} arrived={landing} onStep={stepHit} onList={shell.openSearch} />}
            {main}
          </Suspense>
        }
        side={side === null ? null : <Suspense fallback={waiting}>{side}</Suspense>}
        search={searchPanel}
        searchInFront={searchPlace === "front"}
        connection={core.connection}
        update={root.update}
        install={root.install}
        notice={<NotificationsBanner model={root.notifications} place={formatRoute(route)} settingsHref={`#${formatRoute({ place: "settings", page: "notifications" })}`} />}
        composerId={COMPOSER_ID}
        signedIn={signedIn}
      />
      <SignOutDialog model={signOut} />
      <Suspense fallback={null}>
        {helping && <HelpView agency={agency} onClose={() => setHelping(false)} />}
        {finding && (
          <NewChatView
            model={people}
            onClose={() => setFinding(false)}
            onChat={(person) => {
              setFinding(false);
              openChat(person);
            }}
            onPerson={(person) => {
              setFinding(false);
              shell.openPerson(person);
            }}
          />
        )}
        {picker !== null && (target === null || targetRoom !== null) && (
          <PickerView
            model={picker}
            onClose={() => setPurpose(null)}
            onDone={(room) => {
              setPurpose(null);
              // Who adds or suggests goes on looking at the room's settings, where they were.
              if (picker.purpose.kind === "new") shell.openRoom(room);
            }}
          />
        )}
      </Suspense>
    </>
  );
}

/** A chat keeps its pane, and what is being typed in it, when it becomes a room. */
function paneKey(core: Core, room: RoomId): string {
  const other = core.rooms.room(room).snapshot()?.other ?? null;
  return other === null ? room : newChat(other);
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
