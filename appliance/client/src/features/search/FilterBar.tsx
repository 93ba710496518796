/** What the search is narrowed to: a room, a sender, a unit, days, files, links. */
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { startOfDay } from "#core/dates";
import { spellingsOf } from "#core/naming";
import type { RoomId } from "#core/snapshots";
import { rankedByName } from "#core/text";
import { formatDate } from "#i18n/dates";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { DateField } from "#ui/DateField";
import { nameOf, placeOf } from "#ui/names";
import { Icon, type IconName } from "#ui/Icon";
import { RoomAvatar } from "#ui/RoomAvatar";
import { Row } from "#ui/Row";
import { useReadable } from "#ui/useReadable";

import { OptionList, Pick } from "./Pick";
import { moveFocus } from "./moveFocus";
import { type FileFilter, type Filters, hasFilters, type SearchModel } from "./SearchModel";
import { useRoomTitle, useSenderName } from "./titles";

interface FilterBarProps {
  model: SearchModel;
  filters: Filters;
  /** The open room, which is offered first. */
  here: RoomId | null;
}

interface PickerProps {
  model: SearchModel;
  onDone: () => void;
}

export function FilterBar({ model, filters, here }: FilterBarProps) {
  const { t } = useLingui();
  const room = useRoomTitle(model, filters.room);
  const sender = useSenderName(model, filters.sender);
  return (
    <div className="search-filters" role="group" aria-label={t`ตัวกรอง`}>
      <Pick icon="message" label={t`ห้อง`} chosen={room} onClear={() => model.setFilters({ room: null })}>
        {(close) => <RoomPicker model={model} here={here} onDone={close} />}
      </Pick>
      <Pick icon="person" label={t`ผู้ส่ง`} chosen={sender} onClear={() => model.setFilters({ sender: null })}>
        {(close) => <SenderPicker model={model} onDone={close} />}
      </Pick>
      <UnitFilter model={model} unit={filters.unit} />
      <Pick
        icon="calendar"
        label={t`ช่วงวันที่`}
        chosen={useDays(filters)}
        onClear={() => model.setFilters({ from: null, to: null })}
      >
        {() => <DaysPicker model={model} />}
      </Pick>
      <FileFilterPick model={model} chosen={filters.file} />
      <span className={`pick ${filters.hasLink ? "pick-chosen" : ""}`}>
        <Button icon="link" variant="quiet" pressed={filters.hasLink} onPress={() => model.setFilters({ hasLink: !filters.hasLink })}>
          <Trans>มีลิงก์</Trans>
        </Button>
      </span>
      {hasFilters(filters) && (
        <Button variant="quiet" onPress={model.clearFilters}>
          <Trans>ล้างตัวกรอง</Trans>
        </Button>
      )}
    </div>
  );
}

const FILES: Record<FileFilter, { readonly icon: IconName; readonly words: MessageDescriptor }> = {
  any: { icon: "clip", words: msg`ไฟล์ทุกชนิด` },
  picture: { icon: "image", words: msg`รูปภาพ` },
  video: { icon: "film", words: msg`วิดีโอ` },
  document: { icon: "file", words: msg`เอกสารและไฟล์อื่น` },
  voice: { icon: "microphone", words: msg`ข้อความเสียง` },
  sound: { icon: "sound", words: msg`ไฟล์เสียง` },
};

function FileFilterPick({ model, chosen }: { model: SearchModel; chosen: FileFilter | null }) {
  const { t, i18n } = useLingui();
  return (
    <Pick icon="clip" label={t`มีไฟล์`} chosen={chosen === null ? null : i18n._(FILES[chosen].words)} onClear={() => model.setFilters({ file: null })}>
      {(close) => (
        <div className="pick-panel" onKeyDownCapture={(event) => moveFocus(event, ".pick-options button")}>
          <ul className="pick-options">
            {Object.entries(FILES).map(([id, { icon, words }]) => (
              <li key={id}>
                <Row
                  lead={<Icon name={icon} />}
                  title={i18n._(words)}
                  onPress={() => {
                    model.setFilters({ file: id as FileFilter });
                    close();
                  }}
                />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Pick>
  );
}

/** «1 ต.ค. 2569 – 5 ต.ค. 2569», or one end of it. */
function useDays({ from, to }: Filters): string | null {
  const { t } = useLingui();
  const [first, last] = [from, to].map((iso) => (iso === null ? null : formatDate(startOfDay(iso))));
  if (first != null && last != null) return first === last ? first : `${first} – ${last}`;
  if (first != null) return t`ตั้งแต่ ${first}`;
  return last == null ? null : t`ถึง ${last}`;
}

function DaysPicker({ model }: { model: SearchModel }) {
  const { t } = useLingui();
  const { filters } = useReadable(model);
  return (
    <div className="pick-panel">
      <DateField label={t`ตั้งแต่วันที่`} value={filters.from} onChange={(from) => model.setFilters({ from })} />
      <DateField label={t`ถึงวันที่`} value={filters.to} onChange={(to) => model.setFilters({ to })} />
    </div>
  );
}

function RoomPicker({ model, here, onDone }: PickerProps & { here: RoomId | null }) {
  const { t } = useLingui();
  const [typed, setTyped] = useState("");
  const rooms = model.roomsNamed(typed);
  const shown = typed === "" ? [...rooms.filter(({ id }) => id === here), ...rooms.filter(({ id }) => id !== here)] : rooms;
  return (
    <OptionList
      label={t`ชื่อห้อง`}
      typed={typed}
      onType={setTyped}
      empty={t`ไม่พบห้องที่ตรงกับคำค้น`}
      options={shown.map((room) => ({
        id: room.id,
        title: model.titleOf(room),
        ...(room.id === here ? { detail: t`ห้องที่เปิดอยู่` } : {}),
        lead: <RoomAvatar id={room.id} kind={room.kind} other={room.other} name={model.titleOf(room)} size="s" />,
      }))}
      onPick={({ id }) => {
        model.setFilters({ room: id });
        onDone();
      }}
    />
  );
}

function SenderPicker({ model, onDone }: PickerProps) {
  const { t } = useLingui();
  const { query, people, loading } = useReadable(model.senders);
  useEffect(() => {
    void model.senders.search();
  }, [model]);
  return (
    <OptionList
      label={t`ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์`}
      typed={query}
      onType={model.senders.setQuery}
      empty={loading ? t`กำลังค้นหา` : t`ไม่พบบุคคลที่ตรงกับคำค้น`}
      options={people.map((person) => ({
        id: person.id,
        title: nameOf(person),
        detail: placeOf(person),
        lead: <Avatar id={person.id} name={nameOf(person)} size="s" />,
      }))}
      onPick={({ id }) => {
        model.setFilters({ sender: id });
        onDone();
      }}
    />
  );
}

function UnitFilter({ model, unit }: { model: SearchModel; unit: string | null }) {
  const { t } = useLingui();
  const [typed, setTyped] = useState("");
  const units = useReadable(model.units).map((one) => ({ id: one.id, title: nameOf(one), spellings: spellingsOf(one) }));
  const chosen = unit === null ? null : (units.find(({ id }) => id === unit)?.title ?? "…");
  return (
    <Pick icon="tree" label={t`หน่วยงานของผู้ส่ง`} chosen={chosen} onClear={() => model.setFilters({ unit: null })}>
      {(close) => (
        <OptionList
          label={t`ชื่อหน่วยงาน`}
          typed={typed}
          onType={setTyped}
          empty={t`ไม่พบหน่วยงานที่ตรงกับคำค้น`}
          options={typed === "" ? units : rankedByName(units, typed, ({ spellings }) => spellings)}
          onPick={({ id }) => {
            model.setFilters({ unit: id });
            close();
          }}
        />
      )}
    </Pick>
  );
}
