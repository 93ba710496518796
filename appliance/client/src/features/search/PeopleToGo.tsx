/** The people whose name, post or number answers what is being typed: each line leads to them. */
import { Trans, useLingui } from "@lingui/react/macro";

import type { PersonId } from "#core/snapshots";
import { Avatar } from "#ui/Avatar";
import { Name } from "#ui/Name";
import { nameOf, placeOf } from "#ui/names";
import { useReadable } from "#ui/useReadable";

import type { SearchModel } from "./SearchModel";

export function PeopleToGo({ model, onPerson }: { model: SearchModel; onPerson: (person: PersonId) => void }) {
  const { t } = useLingui();
  useReadable(model.people);
  const people = model.peopleToGo();
  if (people.length === 0) return null;
  return (
    <section className="search-room" aria-label={t`บุคลากร`}>
      <h3>
        <Trans>บุคลากร</Trans>
      </h3>
      <ul>
        {people.map((person) => (
          <li key={person.id}>
            <button type="button" className="search-stop search-person" onClick={() => onPerson(person.id)}>
              <Avatar id={person.id} name={nameOf(person)} size="s" inactive={person.active === false} />
              <span className="row-words">
                <span className="row-title">
                  <Name>{nameOf(person)}</Name>
                </span>
                <span className="row-detail">{placeOf(person)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
