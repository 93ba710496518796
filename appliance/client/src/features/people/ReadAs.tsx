/** Says that words were read under the other keyboard layout, since nobody answers them as they were typed. */
import { Trans } from "@lingui/react/macro";

import type { PeopleSearch } from "#core/peopleSearch";
import { useReadable } from "#ui/useReadable";

export function ReadAs({ search }: { search: PeopleSearch }) {
  const { query, reading, loading } = useReadable(search);
  return (
    <p className="people-reading" role="status">
      {reading !== null && !loading && (
        <Trans>
          ไม่พบ “{query}” แสดงผลของ “{reading}”
        </Trans>
      )}
    </p>
  );
}
