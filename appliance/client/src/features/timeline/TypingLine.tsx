import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";

import { useReadable } from "#ui/useReadable";

import type { TimelineModel } from "./TimelineModel";

const NAMED = 2;

/** Who is writing now. Keeps its height when empty, so the messages do not jump; not announced, it would never stop. */
export function TypingLine({ model }: { model: TimelineModel }) {
  const { t } = useLingui();
  const people = useReadable(model.typing);
  const names = people.slice(0, NAMED).map((id) => model.nameOf(id)).join(", ");
  const more = people.length - NAMED;
  const text =
    people.length === 0 ? "" : more > 0 ? t`${names} ${plural(more, { other: "และอีก # คน" })} กำลังพิมพ์…` : t`${names} กำลังพิมพ์…`;
  return (
    <p className="typing-line" aria-live="off">
      {text}
    </p>
  );
}
