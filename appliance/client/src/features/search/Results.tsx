/** What was found, by room; each line leads to its message. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import type { Hit } from "#core/protocol";
import type { RoomId } from "#core/snapshots";
import { formatDateTime } from "#i18n/dates";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { focusNext } from "#ui/focusNext";
import { Icon } from "#ui/Icon";
import { Time } from "#ui/Time";
import { useLocale } from "#ui/useLocale";

import { byRoom, filesShown, hitKey, parts, type RoomHits } from "./hits";
import type { HitPlace, SearchModel, SearchSnapshot } from "./SearchModel";
import { useRoomTitle, useSenderName } from "./titles";

interface ResultsProps {
  model: SearchModel;
  found: SearchSnapshot;
  /** The message the page has arrived at, marked in the list. */
  arrived: HitPlace | null;
  onOpen: (room: RoomId, n: number) => void;
}

export function Results({ model, found, arrived, onOpen }: ResultsProps) {
  // The button may be gone with the last page: the reading goes on at the first line that came.
  const more = () => {
    const button = document.activeElement;
    void model.loadMore().then((hit) => hit && focusNext(button, () => lineOf(hit)));
  };
  return (
    <>
      {byRoom(found.hits).map((group) => (
        <RoomGroup key={group.room} group={group} model={model} arrived={arrived} onOpen={onOpen} />
      ))}
      <FailureNotice failure={found.moreFailure} />
      {found.more !== "none" && (
        <Button variant="quiet" block isPending={found.more === "loading"} onPress={more}>
          <Trans>แสดงข้อความที่เก่ากว่า</Trans>
        </Button>
      )}
    </>
  );
}

function lineOf(hit: Hit): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-hit=${JSON.stringify(hitKey(hit))}]`);
}

function RoomGroup({ group, model, arrived, onOpen }: Omit<ResultsProps, "found"> & { group: RoomHits }) {
  const title = useRoomTitle(model, group.room) ?? "";
  return (
    <section className="search-room" aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {group.hits.map((hit) => (
          <li key={hit.n}>
            <HitLine hit={hit} model={model} arrived={arrived} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function HitLine({ hit, model, arrived, onOpen }: Omit<ResultsProps, "found"> & { hit: Hit }) {
  useLocale();
  const isHere = arrived !== null && hitKey(arrived) === hitKey(hit);
  return (
    <button
      type="button"
      className="search-hit"
      data-hit={hitKey(hit)}
      {...(isHere ? { "aria-current": "true" as const } : {})}
      onClick={() => onOpen(hit.room, hit.n)}
    >
      <span className="search-hit-head">
        <span className="search-hit-sender">{useSenderName(model, hit.sender)}</span>
        <Time at={hit.at}>{formatDateTime(hit.at)}</Time>
      </span>
      {hit.snippet !== "" && (
        <span className="search-hit-text" dir="auto">
          <Marked text={hit.snippet} highlights={hit.highlights} />
        </span>
      )}
      <HitFiles hit={hit} />
    </button>
  );
}

/** The names of its files, each on a line of its own. */
function HitFiles({ hit }: { hit: Hit }) {
  const { t } = useLingui();
  const { shown, more } = filesShown(hit);
  return (
    <>
      {shown.map(({ name, highlights }, i) => (
        <span key={i} className="search-hit-file">
          <Icon name="clip" size="s" label={t`ไฟล์`} />
          <bdi>
            <Marked text={name} highlights={highlights} />
          </bdi>
        </span>
      ))}
      {more > 0 && <span className="search-hit-more">{plural(more, { other: "และอีก # ไฟล์" })}</span>}
    </>
  );
}

function Marked({ text, highlights }: { text: string; highlights: Hit["highlights"] }) {
  return parts(text, highlights).map((part, i) => (part.marked ? <mark key={i}>{part.text}</mark> : <span key={i}>{part.text}</span>));
}
