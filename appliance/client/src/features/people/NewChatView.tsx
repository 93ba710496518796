/** Finding somebody to talk to alone: a line leads to the chat with them, or to why the reader may not begin one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect } from "react";

import type { PersonId } from "#core/snapshots";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { EmptyState, Loading } from "#ui/Notice";
import { Name } from "#ui/Name";
import { nameOf, placeOf } from "#ui/names";
import { Row } from "#ui/Row";
import { SearchField } from "#ui/SearchField";
import { useReadable } from "#ui/useReadable";

import type { PeopleModel } from "./PeopleModel";
import { ReadAs } from "./ReadAs";
import "./people.css";

interface NewChatProps {
  model: PeopleModel;
  onClose: () => void;
  onChat: (person: PersonId) => void;
  onPerson: (person: PersonId) => void;
}

export function NewChatView({ model, onClose, onChat, onPerson }: NewChatProps) {
  const { t } = useLingui();
  const { query, people, more, loading, failure } = useReadable(model.search);
  useEffect(() => model.show(null), [model]);
  return (
    <Dialog title={t`สนทนาส่วนตัว`} closeLabel={t`ปิด`} size="m" tall onClose={onClose}>
      <SearchField
        label={t`ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์`}
        clearLabel={t`ล้างคำค้น`}
        value={query}
        onChange={model.search.setQuery}
        autoFocus
      />
      <ReadAs search={model.search} />
      <FailureNotice failure={failure} />
      <ul className="people-list">
        {people.map((person) => {
          const contact = model.contact(person);
          const denied = contact === "denied" ? t`ท่านเริ่มสนทนาส่วนตัวก่อนไม่ได้` : undefined;
          return (
            <li key={person.id} className="people-item">
              <Row
                lead={<Avatar id={person.id} name={nameOf(person)} size="s" inactive={person.active === false} />}
                title={<Name>{nameOf(person)}</Name>}
                status={person.status}
                detail={denied ?? placeOf(person)}
                onPress={() => (contact === "open" ? onChat : onPerson)(person.id)}
                {...(denied === undefined ? {} : { end: <Icon name="lock" size="s" /> })}
              />
            </li>
          );
        })}
      </ul>
      {loading && <Loading label={t`กำลังค้นหา`} />}
      {!loading && people.length === 0 && failure === null && <EmptyState icon="search" title={t`ไม่พบบุคคลที่ตรงกับคำค้น`} />}
      {more && !loading && (
        <Button variant="quiet" block onPress={() => void model.search.loadMore()}>
          <Trans>แสดงเพิ่ม</Trans>
        </Button>
      )}
    </Dialog>
  );
}
