import { useLingui } from "@lingui/react/macro";

import { Avatar } from "#ui/Avatar";

import { type Candidate } from "./mentions";
import { EVERYONE } from "./ComposerModel";

interface MentionListProps {
  id: string;
  people: readonly Candidate[];
  marked: number;
  onChoose: (person: Candidate) => void;
}

export const mentionOptionId = (list: string, index: number): string => `${list}-${index}`;

/** The people a mention may mean; the field keeps the focus and drives it. */
export function MentionList({ id, people, marked, onChoose }: MentionListProps) {
  const { t } = useLingui();
  return (
    <ul id={id} className="mention-list" role="listbox" aria-label={t`กล่าวถึงบุคคล`}>
      {people.map((person, i) => (
        <li
          key={person.id}
          id={mentionOptionId(id, i)}
          role="option"
          aria-selected={i === marked}
          className="mention-option"
          onPointerDown={(event) => {
            // The field must not lose the focus to the list.
            event.preventDefault();
            onChoose(person);
          }}
        >
          <Avatar id={person.id} name={person.name} size="s" {...(person.id === EVERYONE ? { icon: "group" as const } : {})} />
          <span className="mention-name">{person.name}</span>
          {person.detail !== null && <span className="mention-detail">{person.detail}</span>}
        </li>
      ))}
    </ul>
  );
}
