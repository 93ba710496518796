/** A failed call in words, announced as it appears; a wait counts down before the eyes, and is announced at both ends. */
import type { Failure } from "#core/failure";
import { failureText } from "#i18n/reasons";

import { Notice } from "./Notice";
import { useSecondsLeft } from "./useSecondsLeft";

export function FailureNotice({ failure }: { failure: Failure | null }) {
  const left = useSecondsLeft(failure);
  if (failure === null) return null;
  const first = failure.waitMs === undefined ? null : Math.ceil(failure.waitMs / 1_000);
  const counting = left !== null && left > 0 && left !== first;
  return (
    <Notice kind={left === 0 ? "info" : "error"} live>
      {counting && <span aria-hidden>{failureText(failure, left)}</span>}
      <span {...(counting ? { className: "visually-hidden" } : {})}>{failureText(failure, counting ? first : left)}</span>
    </Notice>
  );
}
