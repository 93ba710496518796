/** A failed call in words, announced as it appears. */
import type { Failure } from "#core/failure";
import { reasonText } from "#i18n/reasons";

import { Notice } from "./Notice";

export function FailureNotice({ failure }: { failure: Failure | null }) {
  if (failure === null) return null;
  return (
    <Notice kind="error" live>
      {reasonText(failure.code, failure.message)}
    </Notice>
  );
}
