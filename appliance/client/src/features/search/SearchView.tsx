/**
 * The search, beside whatever is open: words, filters, what was found (C18, A8). What was found stays listed while its
 * messages are looked at one after the other; Esc closes and keeps the words.
 */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, useEffect, useRef } from "react";

import type { Failure } from "#core/failure";
import type { PersonId, RoomId } from "#core/snapshots";
import { reasonText } from "#i18n/reasons";
import { Button, IconButton } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { LiveRegion } from "#ui/LiveRegion";
import { EmptyState, Loading, Notice } from "#ui/Notice";
import { Panel } from "#ui/Panel";
import { RoomAvatar } from "#ui/RoomAvatar";
import { Row } from "#ui/Row";
import { SearchField } from "#ui/SearchField";
import { useReadable } from "#ui/useReadable";

import { FilterBar } from "./FilterBar";
import { hitKey } from "./hits";
import { HitSteps } from "./HitSteps";
import { moveFocus } from "./moveFocus";
import { PeopleToGo } from "./PeopleToGo";
import { Results } from "./Results";
import { hasFilters, type HitPlace, type SearchModel, type SearchSnapshot } from "./SearchModel";
import "./search.css";

interface SearchViewProps {
  model: SearchModel;
  /** The open room. */
  here: RoomId | null;
  /** The message the page has arrived at. */
  arrived: HitPlace | null;
  /** False while a page that was opened from here lies over it. */
  inFront: boolean;
  /** Another number asks for the field: the reader has called for the search. */
  called: number;
  onClose: () => void;
  /** Goes to a message, or to a room for null. */
  onOpen: (room: RoomId, n: number | null) => void;
  onStep: (by: -1 | 1) => void;
  onPerson: (person: PersonId) => void;
}

export function SearchView({ model, here, arrived, inFront, called, onClose, onOpen, onStep, onPerson }: SearchViewProps) {
  const { t } = useLingui();
  const found = useReadable(model);
  const frame = useRef<HTMLDivElement>(null);
  const opened = useRef<HitPlace | null>(null);
  useEffect(() => model.start(), [model]);
  useEffect(() => {
    // Back from a message: reading goes on at its line.
    if (inFront && opened.current !== null) lineOf(frame.current, opened.current)?.focus();
  }, [inFront]);
  useEffect(() => {
    // The words of the last time are there to be typed over.
    const field = frame.current?.querySelector("input");
    field?.focus();
    field?.select();
  }, [called]);
  const open = (room: RoomId, n: number | null) => {
    model.picked();
    opened.current = n === null ? null : { room, n };
    onOpen(room, n);
  };
  const goToPerson = (person: PersonId) => {
    model.picked();
    onPerson(person);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // What a filter has opened lies elsewhere in the document, and its keys are its own.
    if (!(event.target instanceof Node) || !event.currentTarget.contains(event.target)) return;
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return moveFocus(event, ".search-results .search-stop, .search-results .search-hit");
    event.stopPropagation();
    event.preventDefault();
    onClose();
  };
  return (
    <Panel
      title={t`ค้นหา`}
      label={t`ค้นหา`}
      className="search-panel"
      leave={{ icon: "close", label: t`ปิดการค้นหา`, onPress: onClose }}
      actions={<HitSteps model={model} arrived={arrived} onStep={onStep} />}
    >
      <div className="search" ref={frame} onKeyDownCapture={onKeyDown}>
        <SearchField
          label={t`ค้นหาข้อความ ห้อง หรือบุคคล`}
          placeholder={t`ข้อความ ห้อง หรือบุคคล`}
          clearLabel={t`ล้างคำค้น`}
          value={found.query}
          onChange={model.setQuery}
          onSubmit={model.submit}
        />
        <FilterBar model={model} filters={found.filters} here={here} />
        <div className="search-results" role="region" aria-label={t`ผลการค้นหา`} aria-busy={found.phase.kind === "asking"}>
          <RoomsToGo model={model} onOpen={(room) => open(room, null)} />
          <PeopleToGo model={model} onPerson={goToPerson} />
          <Answer model={model} found={found} arrived={arrived} onOpen={open} />
        </div>
        <LiveRegion text={useSummary(found)} turn={found.turn} />
      </div>
    </Panel>
  );
}

function lineOf(frame: HTMLElement | null, place: HitPlace): HTMLElement | null {
  return frame?.querySelector<HTMLElement>(`[data-hit=${JSON.stringify(hitKey(place))}]`) ?? null;
}

/** How much was found, for the line above the list and for screen readers. */
function useSummary({ phase, hits, more }: SearchSnapshot): string {
  const { t } = useLingui();
  if (phase.kind !== "answered") return "";
  if (hits.length === 0) return t`ไม่พบข้อความ`;
  if (more !== "none") return plural(hits.length, { other: "พบ # ข้อความแรก และยังมีอีก" });
  return plural(hits.length, { other: "พบ # ข้อความ" });
}

interface AnswerProps {
  model: SearchModel;
  found: SearchSnapshot;
  arrived: HitPlace | null;
  onOpen: (room: RoomId, n: number) => void;
}

function Answer({ model, found, arrived, onOpen }: AnswerProps) {
  const { t } = useLingui();
  const summary = useSummary(found);
  const { phase, hits } = found;
  switch (phase.kind) {
    case "idle":
      return <Recent model={model} />;
    case "failed":
      return <Failed failure={phase.failure} onRetry={() => void model.ask()} />;
    case "asking":
      return hits.length === 0 ? <Loading label={t`กำลังค้นหา`} /> : <Results model={model} found={found} arrived={arrived} onOpen={onOpen} />;
    case "answered":
      return (
        <>
          {phase.kept && (
            <Notice kind="warn">
              <Trans>ไม่ได้เชื่อมต่อกับเครื่องแม่ข่าย จึงค้นเฉพาะข้อความที่เก็บไว้ในเครื่องนี้</Trans>
            </Notice>
          )}
          {hits.length === 0 ? <Nothing model={model} found={found} /> : <p className="search-summary">{summary}</p>}
          <Results model={model} found={found} arrived={arrived} onOpen={onOpen} />
        </>
      );
  }
}

function Nothing({ model, found }: Omit<AnswerProps, "onOpen" | "arrived">) {
  const { t } = useLingui();
  useReadable(model.people);
  const suggestion = model.otherLayout();
  return (
    <EmptyState icon="search" title={t`ไม่พบข้อความ`}>
      {suggestion !== null && (
        <Button onPress={() => model.choose(suggestion)}>
          <Trans>หมายถึง {suggestion} หรือไม่</Trans>
        </Button>
      )}
      {hasFilters(found.filters) && (
        <Button variant="quiet" onPress={model.clearFilters}>
          <Trans>ค้นโดยไม่ใช้ตัวกรอง</Trans>
        </Button>
      )}
    </EmptyState>
  );
}

function Failed({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  // Not a fault of anybody: the next letter answers it.
  if (failure.code === "query_too_short") return <EmptyState icon="search" title={reasonText(failure.code, failure.message)} />;
  return (
    <div className="search-failed">
      <FailureNotice failure={failure} />
      <Button icon="refresh" onPress={onRetry}>
        <Trans>ลองใหม่</Trans>
      </Button>
    </div>
  );
}

function RoomsToGo({ model, onOpen }: { model: SearchModel; onOpen: (room: RoomId) => void }) {
  const { t } = useLingui();
  const rooms = model.roomsToGo();
  if (rooms.length === 0) return null;
  return (
    <section className="search-room" aria-label={t`ห้อง`}>
      <h3>
        <Trans>ห้อง</Trans>
      </h3>
      <ul>
        {rooms.map((room) => {
          const title = model.titleOf(room);
          return (
            <li key={room.id}>
              <button type="button" className="search-stop" onClick={() => onOpen(room.id)}>
                <RoomAvatar id={room.id} kind={room.kind} other={room.other} name={title} size="s" />
                {title}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What was searched for on this device before; nobody else sees it. */
function Recent({ model }: { model: SearchModel }) {
  const { t } = useLingui();
  const recent = useReadable(model.recent);
  if (recent.length === 0) {
    return (
      <EmptyState icon="search" title={t`พิมพ์คำที่ต้องการค้น`}>
        <Trans>ค้นได้ทุกห้องที่ท่านเป็นสมาชิก รวมถึงการสนทนาที่ล้างจากหน้าจอแล้ว ใส่เครื่องหมาย “…” เมื่อต้องการให้ตรงทั้งวลี</Trans>
      </EmptyState>
    );
  }
  return (
    <section className="search-room" aria-label={t`คำที่ค้นล่าสุด`}>
      <h3>
        <Trans>คำที่ค้นล่าสุด</Trans>
      </h3>
      <ul>
        {recent.map((words) => (
          <li key={words}>
            <Row
              title={words}
              onPress={() => model.choose(words)}
              end={<IconButton icon="close" size="s" label={t`ลบ ${words} ออกจากคำที่ค้นล่าสุด`} onPress={() => model.forget(words)} />}
            />
          </li>
        ))}
      </ul>
      <Button variant="quiet" onPress={model.forgetAll}>
        <Trans>ล้างคำที่ค้นล่าสุดทั้งหมด</Trans>
      </Button>
    </section>
  );
}
