/** The list of rooms: search, filters, and one link per room that arrows move through. */
import { Trans, useLingui } from "@lingui/react/macro";

import { formatNumber } from "#i18n/dates";
import { IconButton } from "#ui/Button";
import { ActionMenu } from "#ui/Menu";
import { EmptyState, Loading } from "#ui/Notice";
import { moveRovingFocus } from "#ui/roving";
import { SearchField } from "#ui/SearchField";
import { useReadable } from "#ui/useReadable";

import type { RoomFilter, RoomListModel, RoomListSnapshot } from "./RoomListModel";
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
}

export function RoomListView({ model, open, now, hrefOf, onNewRoom, onNewChat }: RoomListViewProps) {
  const { t } = useLingui();
  const state = useReadable(model);
  const tabStop = state.rooms.some((room) => room.id === open) ? open : (state.rooms[0]?.id ?? null);
  return (
    <div className="rooms">
      <header className="rooms-head">
        <h2>
          <Trans>ห้องสนทนา</Trans>
        </h2>
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
        {!state.loaded && <Loading label={t`กำลังโหลดห้องสนทนา`} />}
        <ul onKeyDown={moveRovingFocus}>
          {state.rooms.map((room) => (
            <RoomRow key={room.id} room={room} model={model} now={now} href={hrefOf(room.id)} current={room.id === open} tabStop={room.id === tabStop} />
          ))}
        </ul>
        {state.loaded && state.rooms.length === 0 && <NoRooms state={state} />}
      </nav>
    </div>
  );
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
