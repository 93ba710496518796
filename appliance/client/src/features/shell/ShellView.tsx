/**
 * The frame of every screen: the rail, the list, what is open, and what lies beside it. On a narrow page one of them at a
 * time, with a way back. Says when the server is out of reach and offers a waiting new version.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";

import type { Connection } from "#core/snapshots";
import type { Readable } from "#core/store";
import { formatTime } from "#i18n/dates";
import type { InstallOffer } from "#platform/install";
import type { WaitingUpdate } from "#platform/serviceWorker";
import { Boundary } from "#ui/Boundary";
import { Button, IconButton } from "#ui/Button";
import { Icon } from "#ui/Icon";
import { useLocale } from "#ui/useLocale";
import { useMedia } from "#ui/useMedia";
import { useNextPlace } from "#ui/useNextPlace";
import { useReadable } from "#ui/useReadable";

import { Rail, type RailProps } from "./Rail";
import { depthOf, formatRoute, type Route } from "./routes";
import "./shell.css";

interface ShellViewProps {
  route: Route;
  rail: RailProps;
  list: ReactNode;
  main: ReactNode;
  side: ReactNode | null;
  /** The search while it is open: beside the work, or over it on a narrow page as long as it is in front. */
  search: ReactNode;
  searchInFront: boolean;
  connection: Readable<Connection>;
  update: Readable<WaitingUpdate | null>;
  install: Readable<InstallOffer | null>;
  /** What another feature offers; it waits for the offer to install. */
  notice: ReactNode;
  composerId: string;
  /** The reader has just signed in: the button that was pressed is gone, and the focus goes to the rooms. */
  signedIn: boolean;
}

const MAIN_ID = "main";
/** One pane at a time, as in shell.css. */
export const NARROW = "(max-width: 48rem)";

export function ShellView({ route, rail, list, main, side, search, searchInFront, connection, update, install, notice, composerId, signedIn }: ShellViewProps) {
  const { t } = useLingui();
  const listPane = useRef<HTMLElement>(null);
  const mainPane = useRef<HTMLElement>(null);
  const sidePane = useRef<HTMLElement>(null);
  const narrow = useMedia(NARROW);
  const searching = search !== false;
  const depth = narrow && searching && searchInFront ? "search" : depthOf(route);
  /** The one pane that a narrow page shows is its main landmark. */
  const alone = (pane: "list" | "side" | "search") => (narrow && depth === pane ? { role: "main" } : {});
  useFocusFollowsRoute(route, signedIn, { listPane, mainPane, sidePane }, composerId);
  useFocusAfterSearch(searching, mainPane, composerId);
  return (
    <div className="shell" data-depth={depth} data-searching={searching}>
      <header className="shell-banners">
        <h1 className="visually-hidden">G-Chat</h1>
        <a className="skip-link" href={`#${MAIN_ID}`} onClick={(event) => focusInstead(event, mainPane.current)}>
          <Trans>ข้ามไปยังเนื้อหา</Trans>
        </a>
        <OfflineBanner connection={connection} />
        <UpdateBanner update={update} place={formatRoute(route)} />
        <InstallBanner install={install} place={formatRoute(route)} otherwise={notice} />
      </header>
      <div className="shell-panes">
        <Rail {...rail} />
        <section className="shell-list" aria-label={t`รายการ`} ref={listPane} tabIndex={-1} {...alone("list")}>
          <Part place={route.place}>{list}</Part>
        </section>
        <main id={MAIN_ID} className="shell-main" ref={mainPane} tabIndex={-1}>
          <Part place={formatRoute(route)}>{main}</Part>
        </main>
        {side !== null && (
          <section className="shell-side" ref={sidePane} role="complementary" aria-label={t`รายละเอียด`} {...alone("side")}>
            <Part place={formatRoute(route)}>{side}</Part>
          </section>
        )}
        {searching && (
          <section className="shell-search" role="complementary" aria-label={t`ค้นหา`} {...alone("search")}>
            <Part place="search">{search}</Part>
          </section>
        )}
      </div>
    </div>
  );
}

/** One part of the screen; a fault in it stays in it. */
function Part({ place, children }: { place: string; children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Boundary place={place} words={t`ส่วนนี้แสดงไม่ได้ ส่วนอื่นยังใช้งานได้`} again={t`ลองใหม่`}>
      {children}
    </Boundary>
  );
}

function focusInstead(event: { preventDefault: () => void }, element: HTMLElement | null): void {
  event.preventDefault();
  element?.focus();
}

interface Panes {
  listPane: RefObject<HTMLElement | null>;
  mainPane: RefObject<HTMLElement | null>;
  sidePane: RefObject<HTMLElement | null>;
}

/**
 * A panel that opens takes the focus; closing it, or opening a room or a unit, brings it to where typing goes on. Who goes to
 * another place keeps it at the link that was pressed; where that is gone, it follows (WCAG 2.4.3).
 */
function useFocusFollowsRoute(route: Route, signedIn: boolean, { listPane, mainPane, sidePane }: Panes, composerId: string): void {
  const before = useRef(signedIn ? null : route);
  useEffect(() => {
    const previous = before.current;
    before.current = route;
    if (previous === route || (previous?.place !== route.place && isHeld())) return undefined;
    // A chat that has just begun: whoever is writing goes on.
    if (document.activeElement?.id === composerId) return undefined;
    if (sidePane.current) return focusTitle(sidePane.current);
    // The message to arrive at takes the focus itself.
    if (route.place === "rooms" && route.message !== null) return undefined;
    focusWork(mainPane.current, composerId, route.place === "people" && route.unit === "all");
    if (!isHeld()) listPane.current?.focus({ preventScroll: true });
    return undefined;
  }, [route, listPane, mainPane, sidePane, composerId]);
}

/** Whether something that is on the screen has the focus: what a narrow page has just hidden is about to lose it. */
function isHeld(): boolean {
  const held = document.activeElement;
  return held !== null && held !== document.body && held.getClientRects().length > 0;
}

/** The search, as it closes, gives the focus back to the work beside it. */
function useFocusAfterSearch(searching: boolean, mainPane: React.RefObject<HTMLElement | null>, composerId: string): void {
  const before = useRef(searching);
  useEffect(() => {
    const closed = before.current && !searching;
    before.current = searching;
    if (closed && document.activeElement === document.body) focusWork(mainPane.current, composerId, false);
  }, [searching, mainPane, composerId]);
}

/** Where typing goes on. On a touch screen a field takes the focus only when it was asked for: the keyboard covers the page. */
function focusWork(main: HTMLElement | null, composerId: string, asked: boolean): void {
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const field = touch && !asked ? null : (document.getElementById(composerId) ?? main?.querySelector<HTMLElement>("input[type=search]"));
  (field ?? main?.querySelector<HTMLElement>("h2[tabindex]") ?? main)?.focus({ preventScroll: true });
}

/**
 * Focuses the heading of a panel as soon as it is there: its code may still be on its way, and the panel before it stays in
 * the document meanwhile, hidden. Returns how to give up.
 */
function focusTitle(pane: HTMLElement): () => void {
  const focus = (): boolean => {
    const title = pane.querySelector<HTMLElement>(".panel-title");
    title?.focus();
    return title !== null && document.activeElement === title;
  };
  if (focus()) return () => undefined;
  const observer = new MutationObserver(() => focus() && observer.disconnect());
  observer.observe(pane, { childList: true, subtree: true, attributes: true, attributeFilter: ["style"] });
  return () => observer.disconnect();
}

function OfflineBanner({ connection }: { connection: Readable<Connection> }) {
  useLocale();
  const state = useReadable(connection);
  const since = formatTime(state.since);
  return (
    <div role="status">
      {state.kind === "offline" && (
        <p className="banner banner-offline">
          <Icon name="offline" size="s" />
          <span>
            <Trans>ออฟไลน์ตั้งแต่ {since} ข้อความที่ส่งจะรออยู่ในเครื่องและส่งเองเมื่อเชื่อมต่อได้</Trans>
          </span>
        </p>
      )}
    </div>
  );
}

function UpdateBanner({ update, place }: { update: Readable<WaitingUpdate | null>; place: string }) {
  const waiting = useReadable(update);
  const due = useNextPlace(waiting !== null, place);
  return (
    <div role="status">
      {waiting !== null && due && (
        <p className="banner">
          <Icon name="download" size="s" />
          <span>
            <Trans>มีรุ่นใหม่พร้อมใช้</Trans>
          </span>
          <Button onPress={waiting.accept}>
            <Trans>ใช้รุ่นใหม่</Trans>
          </Button>
        </p>
      )}
    </div>
  );
}

/** One offer at a time: on a phone the banners would take the room's place. */
function InstallBanner({ install, place, otherwise }: { install: Readable<InstallOffer | null>; place: string; otherwise: ReactNode }) {
  const { t } = useLingui();
  const offer = useReadable(install);
  const due = useNextPlace(offer !== null, place);
  if (offer === null || !due) return otherwise;
  return (
    <p className="banner banner-offer">
      <Icon name="download" size="s" />
      <span>
        <Trans>ติดตั้ง G-Chat เป็นแอปในเครื่องนี้ เปิดจากไอคอนได้ และอ่านข้อความที่เก็บไว้ได้เมื่อไม่มีเครือข่าย</Trans>
      </span>
      <Button onPress={offer.install}>
        <Trans>ติดตั้ง</Trans>
      </Button>
      <IconButton icon="close" size="s" label={t`ไม่ติดตั้ง`} onPress={offer.dismiss} placement="bottom" />
    </p>
  );
}
