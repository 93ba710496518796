/** Words to search people by, and the people they find; what a line of the list does is the caller's. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { PeopleSearch } from "#core/peopleSearch";
import type { PersonView } from "#core/protocol";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { EmptyState, Loading } from "#ui/Notice";
import { SearchField } from "#ui/SearchField";
import { useReadable } from "#ui/useReadable";

import { ReadAs } from "./ReadAs";
import "./people.css";

interface PeopleFinderProps {
  search: PeopleSearch;
  fieldId?: string;
  autoFocus: boolean;
  /** One line of the list. */
  line: (person: PersonView) => ReactNode;
  /** Ways on, below the people. */
  children?: ReactNode;
}

export function PeopleFinder({ search, fieldId, autoFocus, line, children }: PeopleFinderProps) {
  const { t } = useLingui();
  const { query, people, more, loading, failure } = useReadable(search);
  return (
    <>
      <SearchField
        {...(fieldId === undefined ? {} : { id: fieldId })}
        label={t`ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์`}
        clearLabel={t`ล้างคำค้น`}
        value={query}
        onChange={search.setQuery}
        autoFocus={autoFocus}
      />
      <ReadAs search={search} />
      <FailureNotice failure={failure} />
      <ul className="people-list">{people.map(line)}</ul>
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
