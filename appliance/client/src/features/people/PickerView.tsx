/** Choosing members for a new room or an existing one, or whom to suggest; the number is in view before anything is done (F15, F35). */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import type { PersonView } from "#core/protocol";
import type { RoomId } from "#core/snapshots";
import { formatNumber } from "#i18n/dates";
import { Avatar } from "#ui/Avatar";
import { Button, IconButton } from "#ui/Button";
import { Checkbox } from "#ui/Choice";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { EmptyState, Loading, Notice } from "#ui/Notice";
import { placeText } from "#ui/place";
import { Row } from "#ui/Row";
import { SearchField } from "#ui/SearchField";
import { Tabs } from "#ui/Tabs";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import { MOST_SUGGESTED, type PickerModel, remindsOfNeedToKnow } from "./PickerModel";
import { ReadAs } from "./ReadAs";
import { UnitPicker } from "./UnitPicker";
import "./people.css";

interface PickerViewProps {
  model: PickerModel;
  onClose: () => void;
  onDone: (room: RoomId) => void;
}

type PickerTab = "people" | "units" | "chosen";

export function PickerView({ model, onClose, onDone }: PickerViewProps) {
  const { t } = useLingui();
  const chosen = useReadable(model.chosen);
  const attempt = useReadable(model.attempt);
  const [words, setWords] = useState("");
  const [tab, setTab] = useState<PickerTab>("people");
  const { kind } = model.purpose;
  const titles = { new: t`สร้างห้องใหม่`, add: t`เพิ่มสมาชิก`, suggest: t`เสนอชื่อสมาชิก` };
  const finishes = {
    new: t`สร้างห้อง`,
    add: plural(chosen.length, { other: "เพิ่ม # คน" }),
    suggest: plural(chosen.length, { other: "เสนอ # คน" }),
  };
  const tooMany = kind === "suggest" && chosen.length > MOST_SUGGESTED;
  const count = formatNumber(chosen.length);
  const finish = () => void model.finish(words).then((room) => room !== null && onDone(room));
  return (
    <Dialog
      title={titles[kind]}
      closeLabel={t`ปิด`}
      size="l"
      onClose={onClose}
      footer={
        <>
          <p className="picker-count" role="status">
            {plural(chosen.length, { other: "เลือกแล้ว # คน" })}
          </p>
          <Button
            variant="primary"
            isPending={attempt.busy}
            isDisabled={chosen.length === 0 || tooMany || (kind === "new" && words.trim() === "")}
            onPress={finish}
          >
            {finishes[kind]}
          </Button>
        </>
      }
    >
      <FailureNotice failure={attempt.failure} />
      {kind === "new" && <TextField label={t`ชื่อห้อง`} value={words} onChange={setWords} maxLength={120} autoFocus />}
      {kind === "suggest" && <TextField label={t`เหตุผล (ไม่บังคับ)`} value={words} onChange={setWords} maxLength={500} autoFocus />}
      {tooMany && (
        <Notice kind="warn">
          <Trans>เสนอชื่อได้ไม่เกินครั้งละ {MOST_SUGGESTED} คน</Trans>
        </Notice>
      )}
      {!tooMany && remindsOfNeedToKnow(kind, chosen.length) && (
        <Notice kind="warn">
          <Trans>ท่านกำลังเลือกบุคคลจำนวนมาก โปรดเลือกเฉพาะผู้เกี่ยวข้อง</Trans>
        </Notice>
      )}
      <div className="picker">
        <Tabs
          label={t`วิธีเลือกสมาชิก`}
          selected={tab}
          onSelect={setTab}
          tabs={[
            { id: "people", label: t`รายบุคคล`, content: <PersonPicker model={model} chosen={chosen} /> },
            { id: "units", label: t`ตามหน่วยงานและระดับ`, content: <UnitPicker model={model} /> },
            { id: "chosen", label: t`เลือกแล้ว ${count}`, content: <ChosenList model={model} chosen={chosen} /> },
          ]}
        />
      </div>
    </Dialog>
  );
}

function PersonPicker({ model, chosen }: { model: PickerModel; chosen: readonly PersonView[] }) {
  const { t } = useLingui();
  const { query, people, more, loading, failure } = useReadable(model.search);
  useEffect(() => {
    void model.search.search();
  }, [model]);
  const ids = new Set(chosen.map((person) => person.id));
  return (
    <div className="picker-pane">
      <SearchField label={t`ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์`} clearLabel={t`ล้างคำค้น`} value={query} onChange={model.search.setQuery} />
      <ReadAs search={model.search} />
      <FailureNotice failure={failure} />
      <ul className="people-list">
        {people.map((person) => (
          <li key={person.id} className="picker-person">
            <Checkbox
              isSelected={ids.has(person.id) || model.isExcluded(person.id)}
              isDisabled={model.isExcluded(person.id) || person.active === false}
              onChange={() => model.toggle(person)}
            >
              <span className="picker-words">
                <Avatar id={person.id} name={person.name} size="s" inactive={person.active === false} />
                <span className="row-words">
                  <span className="row-title">{person.name}</span>
                  <span className="row-detail">
                    {person.active === false ? t`บัญชีไม่เปิดใช้งาน` : placeText(person.post, person.unit?.name)}
                  </span>
                </span>
              </span>
            </Checkbox>
          </li>
        ))}
      </ul>
      {loading && <Loading label={t`กำลังค้นหา`} />}
      {!loading && people.length === 0 && failure === null && <EmptyState icon="search" title={t`ไม่พบบุคคลที่ตรงกับคำค้น`} />}
      {more && !loading && (
        <Button variant="quiet" block onPress={() => void model.search.loadMore()}>
          <Trans>แสดงเพิ่ม</Trans>
        </Button>
      )}
    </div>
  );
}

function ChosenList({ model, chosen }: { model: PickerModel; chosen: readonly PersonView[] }) {
  const { t } = useLingui();
  if (chosen.length === 0) return <EmptyState icon="group" title={t`ยังไม่ได้เลือกบุคคลใด`} />;
  return (
    <div className="picker-pane">
      <ul className="people-list">
        {chosen.map((person) => {
          const { name } = person;
          return (
            <li key={person.id} className="people-item">
              <Row
                lead={<Avatar id={person.id} name={name} size="s" />}
                title={name}
                detail={placeText(person.post, person.unit?.name)}
                end={<IconButton icon="close" size="s" label={t`นำ ${name} ออกจากรายการ`} onPress={() => model.toggle(person)} />}
              />
            </li>
          );
        })}
      </ul>
      <Button variant="quiet" onPress={model.clear}>
        <Trans>ล้างรายการที่เลือก</Trans>
      </Button>
    </div>
  );
}
