/** What was found, by room; each line leads to its message. */
import { Trans } from "@lingui/react/macro";

import type { Hit } from "#core/protocol";
import type { RoomId } from "#core/snapshots";
import { formatDateTime } from "#i18n/dates";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Time } from "#ui/Time";
import { useLocale } from "#ui/useLocale";

import { byRoom, hitKey, parts, type RoomHits } from "./hits";
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
  const more = () => void model.loadMore().then((hit) => hit && requestAnimationFrame(() => lineOf(hit)?.focus()));
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
      <span className="search-hit-text" dir="auto">
        {parts(hit).map((part, i) => (part.marked ? <mark key={i}>{part.text}</mark> : <span key={i}>{part.text}</span>))}
      </span>
    </button>
  );
}
