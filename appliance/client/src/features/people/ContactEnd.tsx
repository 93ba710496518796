/** What ends the line of a person: the way to a private chat, or a mark that the reader may not begin one. */
import { useLingui } from "@lingui/react/macro";

import type { PersonView } from "#core/protocol";
import { IconButton } from "#ui/Button";
import { Icon } from "#ui/Icon";
import { nameOf } from "#ui/names";

import type { Contact } from "./contact";

interface ContactEndProps {
  person: PersonView;
  contact: Contact;
  onChat: (person: PersonView) => void;
}

export function ContactEnd({ person, contact, onChat }: ContactEndProps) {
  const { t } = useLingui();
  const name = nameOf(person);
  switch (contact) {
    case "open":
      return <IconButton icon="message" label={t`สนทนากับ ${name}`} onPress={() => onChat(person)} placement="left" />;
    case "denied":
      return (
        <span className="people-denied">
          <Icon name="lock" size="s" label={t`ท่านเริ่มสนทนาส่วนตัวก่อนไม่ได้ กดชื่อเพื่อดูวิธีติดต่อ`} />
        </span>
      );
    case "none":
      return null;
  }
}
