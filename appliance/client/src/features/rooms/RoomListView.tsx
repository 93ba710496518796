/**
 * The list of rooms: search, filters, and one link per room that arrows move through. A row's menu opens by its button, a
 * right click, a long press, or the menu key.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type FocusEvent, type KeyboardEvent, useCallback, useLayoutEffect, useRef, useState } from "react";

import type { RoomSummary } from "#core/snapshots";

import { formatNumber } from "#i18n/dates";
import { AnchoredMenu } from "#ui/Anchored";
import { IconButton } from "#ui/Button";
import { ConfirmDialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { ActionMenu } from "#ui/Menu";
import { EmptyState, Loading } from "#ui/Notice";
import { moveRovingFocus } from "#ui/roving";
import { SearchField } from "#ui/SearchField";
import { useLongPress } from "#ui/useLongPress";
import { useReadable } from "#ui/useReadable";

import type { RoomFilter, RoomListModel, RoomListSnapshot } from "./RoomListModel";
import { hasMenu, roomActions } from "./roomActions";
import { RoomRow } from "./RoomRow";
import "./rooms.css";

interface RoomListViewProps {
  model: RoomListModel;
  open: string | null;
  /** Server time, for «today» and «yesterday». */
  now: number;
  hrefOf: (room: string) => string;
  onNewRoom: () => void;
  onNewChat: () => void;
  onInfo: (room: string) => void;
}

export function RoomListView({ model, open, now, hrefOf, onNewRoom, onNewChat, onInfo }: RoomListViewProps) {
  const { t } = useLingui();
  const state = useReadable(model);
  const { failure } = useReadable(model.attempt);
  const [menu, setMenu] = useState<{ room: RoomSummary; anchor: Element } | null>(null);
  const [asking, setAsking] = useState(false);
  const openMenu = useCallback((room: RoomSummary, anchor: Element) => setMenu({ room, anchor }), []);
  const openMenuAt = (element: Element): boolean => {
    const item = element.closest<HTMLElement>("[data-room]");
    const room = state.rooms.find((candidate) => candidate.id === item?.dataset["room"]);
    if (!item || !room || !hasMenu(room)) return false;
    setMenu({ room, anchor: item });
    return true;
  };
  const longPress = useLongPress(openMenuAt);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const asks = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
    if (asks && event.target instanceof Element && openMenuAt(event.target)) event.preventDefault();
    else moveRovingFocus(event);
  };
  const tabStop = state.rooms.some((room) => room.id === open) ? open : (state.rooms[0]?.id ?? null);
  return (
    <div className="rooms">
      <header className="rooms-head">
        <h2>
          <Trans>ห้องสนทนา</Trans>
        </h2>
        {state.fresh > 0 && <IconButton icon="checkAll" label={t`อ่านทั้งหมดแล้ว`} onPress={() => setAsking(true)} placement="bottom" />}
        <ActionMenu
          label={t`เริ่มการสนทนา`}
          trigger={<IconButton icon="add" label={t`เริ่มการสนทนา`} placement="bottom" />}
          actions={[
            { id: "chat", icon: "person", label: t`สนทนาส่วนตัว`, onAction: onNewChat },
            { id: "room", icon: "group", label: t`สร้างห้องใหม่`, onAction: onNewRoom },
          ]}
        />
      </header>
      <div className="rooms-tools">
        <SearchField id="room-search" label={t`ค้นหาห้อง`} clearLabel={t`ล้างคำค้น`} value={state.query} onChange={model.setQuery} />
        <Filters state={state} onChange={model.setFilter} />
      </div>
      <nav className="rooms-list" aria-label={t`ห้องสนทนา`}>
        <FailureNotice failure={failure} />
        {!state.loaded && <Loading label={t`กำลังโหลดห้องสนทนา`} />}
        <ul
          {...useFocusKept(state.rooms)}
          onKeyDown={onKeyDown}
          onContextMenu={(event) => {
            if (openMenuAt(event.target as Element)) event.preventDefault();
          }}
          {...longPress}
        >
          {state.rooms.map((room) => (
            <RoomRow
              key={room.id}
              room={room}
              model={model}
              now={now}
              href={hrefOf(room.id)}
              current={room.id === open}
              tabStop={room.id === tabStop}
              onMenu={openMenu}
            />
          ))}
        </ul>
        {state.loaded && state.rooms.length === 0 && <NoRooms state={state} />}
      </nav>
      {menu !== null && (
        <AnchoredMenu
          anchor={menu.anchor}
          label={t`ตัวเลือกของห้อง`}
          actions={roomActions(menu.room, state.filter === "hidden", model, () => onInfo(menu.room.id))}
          onClose={() => setMenu(null)}
        />
      )}
      {asking && (
        <ConfirmDialog
          title={t`ทำเครื่องหมายว่าอ่านทั้งหมดแล้วหรือไม่`}
          confirmLabel={t`อ่านทั้งหมดแล้ว`}
          cancelLabel={t`ยกเลิก`}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            model.markAllRead();
            setAsking(false);
          }}
        >
          <p>
            <Trans>ผู้ส่งจะเห็นว่าท่านอ่านข้อความที่ยังไม่อ่านทุกข้อความแล้ว</Trans>
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/**
 * A row that moves within the document loses the focus, without an event that React tells of: it is given back, or given
 * to the list's tab stop when the row has gone.
 */
function useFocusKept(rooms: readonly RoomSummary[]) {
  const list = useRef<HTMLUListElement>(null);
  const focused = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (focused.current === null || document.activeElement !== document.body) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-room="${focused.current}"] [data-roving]`);
    (row ?? list.current?.querySelector<HTMLElement>("[data-roving][tabindex='0']"))?.focus({ preventScroll: true });
  }, [rooms]);
  return {
    ref: list,
    onFocus: (event: FocusEvent<HTMLElement>) => {
      focused.current = event.target.closest<HTMLElement>("[data-room]")?.dataset["room"] ?? null;
    },
    onBlur: () => {
      focused.current = null;
    },
  };
}

function Filters({ state, onChange }: { state: RoomListSnapshot; onChange: (filter: RoomFilter) => void }) {
  const { t } = useLingui();
  const hidden = formatNumber(state.hiddenCount);
  const options: { id: RoomFilter; label: string }[] = [
    { id: "all", label: t`ทั้งหมด` },
    { id: "unread", label: t`ยังไม่อ่าน` },
    ...(state.hiddenCount > 0 || state.filter === "hidden" ? [{ id: "hidden" as const, label: t`ซ่อนไว้ ${hidden}` }] : []),
  ];
  return (
    <div className="rooms-filters" role="group" aria-label={t`กรองห้อง`}>
      {options.map((option) => (
        <button key={option.id} type="button" aria-pressed={state.filter === option.id} onClick={() => onChange(option.id)}>
          {option.label}
        </button>
      ))}
    </div>
  );
}

function NoRooms({ state }: { state: RoomListSnapshot }) {
  const { t } = useLingui();
  if (state.query !== "") return <EmptyState icon="search" title={t`ไม่พบห้องที่ตรงกับคำค้น`} />;
  if (state.filter === "unread") return <EmptyState icon="checkAll" title={t`อ่านครบทุกห้องแล้ว`} />;
  return (
    <EmptyState icon="message" title={t`ยังไม่มีห้องสนทนา`}>
      <Trans>สร้างห้องใหม่ หรือเริ่มสนทนาจากหน้าบุคลากร</Trans>
    </EmptyState>
  );
}
