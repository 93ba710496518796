/**
 * Finding somebody to talk to alone: a line leads to the chat with them, or to why the reader may not begin one. Those one may
 * write to come first; what is said of the others is said once, over them.
 */
import { useLingui } from "@lingui/react/macro";
import { useEffect } from "react";

import type { PersonId } from "#core/snapshots";
import { Avatar } from "#ui/Avatar";
import { Dialog } from "#ui/Dialog";
import { Icon } from "#ui/Icon";
import { Name } from "#ui/Name";
import { nameOf, placeOf } from "#ui/names";
import { Row } from "#ui/Row";

import { byContact } from "./contact";
import { PeopleFinder } from "./PeopleFinder";
import type { PeopleModel } from "./PeopleModel";
import "./people.css";

interface NewChatProps {
  model: PeopleModel;
  onClose: () => void;
  onChat: (person: PersonId) => void;
  onPerson: (person: PersonId) => void;
}

export function NewChatView({ model, onClose, onChat, onPerson }: NewChatProps) {
  const { t } = useLingui();
  useEffect(() => model.show(null), [model]);
  return (
    <Dialog title={t`สนทนาส่วนตัว`} closeLabel={t`ปิด`} size="m" tall onClose={onClose}>
      <PeopleFinder
        search={model.search}
        autoFocus
        groups={(people) => {
          const { first, denied } = byContact(people, model.contact);
          return [
            { title: null, people: first },
            { title: t`ท่านเริ่มสนทนาส่วนตัวก่อนไม่ได้`, people: denied },
          ];
        }}
        line={(person) => {
          const contact = model.contact(person);
          return (
            <li key={person.id} className="people-item">
              <Row
                lead={<Avatar id={person.id} name={nameOf(person)} size="s" inactive={person.active === false} />}
                title={<Name>{nameOf(person)}</Name>}
                status={person.status}
                detail={placeOf(person)}
                onPress={() => (contact === "open" ? onChat : onPerson)(person.id)}
                {...(contact === "denied" ? { end: <Icon name="lock" size="s" /> } : {})}
              />
            </li>
          );
        }}
      />
    </Dialog>
  );
}
