/** The agency's people: the organisation chart on one side, those of the chosen unit on the other. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import type { PersonId } from "#core/snapshots";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { Name } from "#ui/Name";
import { nameOf, placeOf } from "#ui/names";
import { Panel } from "#ui/Panel";
import { Row } from "#ui/Row";
import { useReadable } from "#ui/useReadable";

import { ContactEnd } from "./ContactEnd";
import { PeopleFinder } from "./PeopleFinder";
import type { PeopleModel } from "./PeopleModel";
import { UnitChart, UnitTitle } from "./UnitChart";
import "./people.css";

export const PEOPLE_FIELD_ID = "people-search";

export function ChartView({ model, unit, onUnit }: { model: PeopleModel; unit: string | null; onUnit: (unit: string) => void }) {
  return (
    <div className="people-chart">
      <header className="rooms-head">
        <h2>
          <Trans>บุคลากร</Trans>
        </h2>
      </header>
      <div className="people-chart-all">
        <Button icon="search" block onPress={() => onUnit("all")}>
          <Trans>ค้นหาทั้งหน่วยงาน</Trans>
        </Button>
      </div>
      <div className="people-chart-tree">
        <UnitChart model={model.chart} selected={unit} onSelect={onUnit} />
      </div>
    </div>
  );
}

interface PeopleListProps {
  model: PeopleModel;
  /** Null: the whole agency. */
  unit: string | null;
  onPerson: (id: PersonId) => void;
  onChat: (id: PersonId) => void;
  /** Goes on with the same words in the whole agency. */
  onEverywhere: () => void;
  leave: { icon: "back"; label: string; onPress: () => void } | undefined;
}

export function PeopleListView({ model, unit, onPerson, onChat, onEverywhere, leave }: PeopleListProps) {
  const { t } = useLingui();
  const { units } = useReadable(model.chart);
  useEffect(() => model.show(unit), [model, unit]);
  const here = units.find((one) => one.id === unit);
  const name = here === undefined ? t`ทั้งหน่วยงาน` : nameOf(here);
  return (
    <Panel
      label={t`รายชื่อบุคลากร`}
      title={here ? <UnitTitle name={name} people={here.people_below} /> : name}
      {...(leave ? { leave } : {})}
    >
      <div className="people-results">
        <PeopleResultsList model={model} onPress={onPerson} onChat={onChat} onEverywhere={onEverywhere} />
      </div>
    </Panel>
  );
}

interface ResultsProps {
  model: PeopleModel;
  onPress: (id: PersonId) => void;
  onChat: (id: PersonId) => void;
  onEverywhere: () => void;
}

function PeopleResultsList({ model, onPress, onChat, onEverywhere }: ResultsProps) {
  const { search } = model;
  const { elsewhere, loading } = useReadable(search);
  // Who comes here types; on a touch screen a keyboard nobody asked for would cover the list.
  const [types] = useState(() => !window.matchMedia("(pointer: coarse)").matches);
  return (
    <PeopleFinder
      search={search}
      fieldId={PEOPLE_FIELD_ID}
      autoFocus={types}
      line={(person) => (
        <li key={person.id} className="people-item">
          <Row
            lead={<Avatar id={person.id} name={nameOf(person)} inactive={person.active === false} />}
            title={<Name>{nameOf(person)}</Name>}
            detail={placeOf(person)}
            status={person.status}
            onPress={() => onPress(person.id)}
            end={<ContactEnd person={person} contact={model.contact(person)} onChat={({ id }) => onChat(id)} />}
          />
        </li>
      )}
    >
      {elsewhere > 0 && !loading && (
        <Button icon="search" block onPress={onEverywhere}>
          {plural(elsewhere, { other: "ค้นทั้งหน่วยงาน (พบอีก # คน)" })}
        </Button>
      )}
    </PeopleFinder>
  );
}
