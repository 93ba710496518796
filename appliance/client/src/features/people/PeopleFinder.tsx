/** Words to search people by, and the people they find; what a line of the list does is the caller's. */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useId } from "react";

import type { PeopleSearch } from "#core/peopleSearch";
import type { PersonView } from "#core/protocol";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { EmptyState, Loading } from "#ui/Notice";
import { SearchField } from "#ui/SearchField";
import { useReadable } from "#ui/useReadable";

import { ReadAs } from "./ReadAs";
import "./people.css";

export interface PeopleGroup {
  readonly title: string | null;
  readonly people: readonly PersonView[];
}

interface PeopleFinderProps {
  search: PeopleSearch;
  fieldId?: string;
  autoFocus: boolean;
  /** One line of the list. */
  line: (person: PersonView) => ReactNode;
  /** How the found are divided; one list without it. */
  groups?: (people: readonly PersonView[]) => readonly PeopleGroup[];
  /** Ways on, below the people. */
  children?: ReactNode;
}

export function PeopleFinder({ search, fieldId, autoFocus, line, groups = oneList, children }: PeopleFinderProps) {
  const { t } = useLingui();
  const { query, people, more, loading, failure } = useReadable(search);
  return (
    <>
      <SearchField
        {...(fieldId === undefined ? {} : { id: fieldId })}
        label={t`ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์`}
        placeholder={t`ชื่อ ตำแหน่ง หรือหน่วยงาน`}
        clearLabel={t`ล้างคำค้น`}
        value={query}
        onChange={search.setQuery}
        autoFocus={autoFocus}
      />
      <ReadAs search={search} />
      <FailureNotice failure={failure} />
      {groups(people).map(({ title, people: some }) => (
        <Group key={title} title={title}>
          {some.map(line)}
        </Group>
      ))}
      {loading && <Loading label={t`กำลังค้นหา`} />}
      {!loading && people.length === 0 && failure === null && <EmptyState icon="search" title={t`ไม่พบบุคคลที่ตรงกับคำค้น`} />}
      {children}
      {more && !loading && (
        <Button variant="quiet" block onPress={() => void search.loadMore()}>
          <Trans>แสดงเพิ่ม</Trans>
        </Button>
      )}
    </>
  );
}

const oneList = (people: readonly PersonView[]): PeopleGroup[] => [{ title: null, people }];

function Group({ title, children }: { title: string | null; children: ReactNode[] }) {
  const id = useId();
  if (children.length === 0) return null;
  return (
    <>
      {title !== null && (
        <h3 id={id} className="people-group">
          {title}
        </h3>
      )}
      <ul className="people-list" {...(title === null ? {} : { "aria-labelledby": id })}>
        {children}
      </ul>
    </>
  );
}
