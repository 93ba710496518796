/** Choosing members for a new room or an existing one, or whom to suggest; the number is in view before anything is done (F15, F35). */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";

import type { PersonView } from "#core/protocol";
import type { RoomId } from "#core/snapshots";
import { formatNumber } from "#i18n/dates";
import { Avatar } from "#ui/Avatar";
import { Chip } from "#ui/Badge";
import { Button, IconButton } from "#ui/Button";
import { Checkbox } from "#ui/Checkbox";
import { NoChoice } from "#ui/Choice";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { focusNext } from "#ui/focusNext";
import { EmptyState, Notice } from "#ui/Notice";
import { Name } from "#ui/Name";
import { StatusLine } from "#ui/StatusLine";
import { nameOf, placeOf } from "#ui/names";
import { Row } from "#ui/Row";
import { Tabs } from "#ui/Tabs";
import { TextField } from "#ui/TextField";
import { useMedia } from "#ui/useMedia";
import { useReadable } from "#ui/useReadable";

import { PeopleFinder } from "./PeopleFinder";
import { MAX_SUGGESTED, type PickerModel, remindsOfNeedToKnow, type Standing } from "./PickerModel";
import { UnitPicker } from "./UnitPicker";
import "./people.css";

interface PickerViewProps {
  model: PickerModel;
  onClose: () => void;
  onDone: (room: RoomId) => void;
}

/** One step at a time, as in people.css: the people of a unit have the page to themselves, with a button of their own. */
const STEPWISE = "(max-width: 40rem)";

type PickerTab = "people" | "units" | "chosen";

export function PickerView({ model, onClose, onDone }: PickerViewProps) {
  const { t } = useLingui();
  const chosen = useReadable(model.chosen);
  const attempt = useReadable(model.attempt);
  const wanted = useReadable(model.wanted);
  const [words, setWords] = useState("");
  const [tab, setTab] = useState<PickerTab>("people");
  const offering = tab === "units" && wanted !== null;
  const alone = useMedia(STEPWISE) && offering;
  const { kind } = model.purpose;
  const titles = { new: t`สร้างห้องใหม่`, add: t`เพิ่มสมาชิก`, suggest: t`เสนอชื่อสมาชิก` };
  const finishes = {
    new: t`สร้างห้อง`,
    add: plural(chosen.length, { other: "เพิ่ม # คน" }),
    suggest: plural(chosen.length, { other: "เสนอ # คน" }),
  };
  const missing = model.missing(words);
  const most = formatNumber(MAX_SUGGESTED);
  const reasons = {
    name: t`โปรดตั้งชื่อห้อง`,
    people: t`โปรดเลือกบุคคล`,
    name_and_people: t`โปรดตั้งชื่อห้องและเลือกสมาชิก`,
    fewer: t`เสนอชื่อได้ไม่เกินครั้งละ ${most} คน`,
  };
  const count = formatNumber(chosen.length);
  const finish = () => void model.finish(words).then((room) => room !== null && onDone(room));
  return (
    <Dialog
      title={titles[kind]}
      closeLabel={t`ปิด`}
      size="l"
      tall
      dirty={model.holdsInput(words)}
      onClose={onClose}
      footer={
        alone ? undefined : (
          <>
            <p className="picker-count" role="status">
              {plural(chosen.length, { other: "เลือกแล้ว # คน" })}
            </p>
            <Button variant="primary" isPending={attempt.busy} denied={missing === null ? undefined : reasons[missing]} onPress={finish}>
              {finishes[kind]}
            </Button>
          </>
        )
      }
    >
      <div className="picker-frame" data-tab={tab} data-offering={offering}>
        <FailureNotice failure={attempt.failure} />
        {kind === "new" && <TextField label={t`ชื่อห้อง`} value={words} onChange={setWords} maxLength={120} autoFocus />}
        {kind === "suggest" && <TextField label={t`เหตุผล (ไม่บังคับ)`} value={words} onChange={setWords} maxLength={500} autoFocus />}
        {missing !== "fewer" && remindsOfNeedToKnow(kind, chosen.length) && (
          <Notice kind="warn">
            <Trans>ท่านกำลังเลือกบุคคลจำนวนมาก โปรดเลือกเฉพาะผู้เกี่ยวข้อง</Trans>
          </Notice>
        )}
        {tab !== "chosen" && <ChosenChips model={model} chosen={chosen} onAll={() => setTab("chosen")} />}
        <div className="picker">
          <Tabs
            label={t`วิธีเลือกสมาชิก`}
            selected={tab}
            onSelect={setTab}
            tabs={[
              { id: "people", label: t`รายบุคคล`, content: <PersonPicker model={model} chosen={chosen} /> },
              { id: "units", label: t`ตามหน่วยงาน`, content: <UnitPicker model={model} /> },
              { id: "chosen", label: t`เลือกแล้ว ${count}`, content: <ChosenList model={model} chosen={chosen} /> },
            ]}
          />
        </div>
      </div>
    </Dialog>
  );
}

const CHIPS_SHOWN = 5;

/** The last who were chosen, to be taken back at once; the list beside has them all. */
function ChosenChips({ model, chosen, onAll }: { model: PickerModel; chosen: readonly PersonView[]; onAll: () => void }) {
  const { t } = useLingui();
  if (chosen.length === 0) return null;
  const more = chosen.length - CHIPS_SHOWN;
  return (
    <ul className="picker-chips" aria-label={t`ผู้ที่เลือกแล้ว`}>
      {chosen.slice(-CHIPS_SHOWN).map((person) => {
        const name = nameOf(person);
        return (
          <li key={person.id} className="picker-chip">
            <Name>{name}</Name>
            <IconButton icon="close" size="s" label={t`ไม่เลือก ${name}`} onPress={() => model.toggle(person)} />
          </li>
        );
      })}
      {more > 0 && (
        <li>
          <Button variant="quiet" onPress={onAll}>
            {plural(more, { other: "และอีก # คน" })}
          </Button>
        </li>
      )}
    </ul>
  );
}

const FIELD_ID = "picker-search";

function PersonPicker({ model, chosen }: { model: PickerModel; chosen: readonly PersonView[] }) {
  const { query } = useReadable(model.search);
  useEffect(() => {
    void model.search.search();
  }, [model]);
  const ids = new Set(chosen.map((person) => person.id));
  // The words have found whom they were for: the next name is typed at once.
  const pick = (person: PersonView, line: HTMLElement | null) => {
    model.toggle(person);
    if (query === "" || ids.has(person.id)) return;
    model.search.setQuery("");
    // Not at once: the end of the press takes the focus to the box.
    focusNext(line, () => document.getElementById(FIELD_ID));
  };
  return (
    <div className="picker-pane">
      <PeopleFinder
        search={model.search}
        fieldId={FIELD_ID}
        autoFocus={model.purpose.kind === "add"}
        line={(person) => (
          <PersonChoice
            key={person.id}
            person={person}
            standing={model.standing(person)}
            isSelected={ids.has(person.id)}
            onPick={(element) => pick(person, element)}
          />
        )}
      />
    </div>
  );
}

interface PersonChoiceProps {
  person: PersonView;
  standing: Standing | null;
  isSelected: boolean;
  /** Given the line itself, where the focus is. */
  onPick: (line: HTMLElement | null) => void;
}

/** A line with a person and a box to tick; who cannot be chosen has none, and the reason in its place. */
function PersonChoice({ person, standing, isSelected, onPick }: PersonChoiceProps) {
  const { t } = useLingui();
  const line = useRef<HTMLLIElement>(null);
  const name = nameOf(person);
  const words = (
    <span className="picker-words">
      <Avatar id={person.id} name={name} size="s" inactive={person.active === false} />
      <span className="row-words">
        <span className="row-title">
          <Name>{name}</Name>
        </span>
        <span className="row-detail">{placeOf(person)}</span>
        {person.status && <StatusLine>{person.status}</StatusLine>}
      </span>
    </span>
  );
  const reasons = { me: t`ท่าน`, member: t`อยู่ในห้องแล้ว`, inactive: t`บัญชีไม่เปิดใช้งาน` };
  return (
    <li ref={line} className="picker-person">
      {standing === null ? (
        <Checkbox isSelected={isSelected} onChange={() => onPick(line.current)}>
          {words}
        </Checkbox>
      ) : (
        <NoChoice end={<Chip>{reasons[standing]}</Chip>}>{words}</NoChoice>
      )}
    </li>
  );
}

function ChosenList({ model, chosen }: { model: PickerModel; chosen: readonly PersonView[] }) {
  const { t } = useLingui();
  if (chosen.length === 0) return <EmptyState icon="group" title={t`ยังไม่ได้เลือกบุคคลใด`} />;
  return (
    <div className="picker-pane">
      <ul className="people-list">
        {chosen.map((person) => {
          const name = nameOf(person);
          return (
            <li key={person.id} className="people-item">
              <Row
                lead={<Avatar id={person.id} name={name} size="s" />}
                title={<Name>{name}</Name>}
                detail={placeOf(person)}
                status={person.status}
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
