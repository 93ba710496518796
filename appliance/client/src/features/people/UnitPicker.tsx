/**
 * A whole unit, with or without those below, by rank: how many there are is shown before they are taken. On a narrow page
 * the chart and the people of the chosen unit take turns, each with the full height.
 */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { type RefObject, useCallback, useEffect, useRef } from "react";

import type { PersonView } from "#core/protocol";
import { formatNumber } from "#i18n/dates";
import { Button, IconButton } from "#ui/Button";
import { Checkbox } from "#ui/Checkbox";
import { Radios } from "#ui/Choice";
import { FailureNotice } from "#ui/Failure";
import { inPageLanguage, nameOf } from "#ui/names";
import { EmptyState, Loading } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import { offeredPeople, type PickerModel, type UnitOffer, type WantedUnit } from "./PickerModel";
import { UnitChart } from "./UnitChart";

export function UnitPicker({ model }: { model: PickerModel }) {
  const { t } = useLingui();
  const wanted = useReadable(model.wanted);
  const frame = useRef<HTMLDivElement>(null);
  const settle = useFocusStays(frame, wanted === null);
  return (
    <div className="unit-picker" data-step={wanted === null ? "chart" : "offer"} ref={frame} onClick={settle}>
      <div className="unit-picker-tree">
        <UnitChart model={model.chart} selected={wanted?.unit ?? null} onSelect={(unit) => void model.offerUnit(unit, wanted?.below ?? true)} />
      </div>
      <div className="unit-picker-offer">
        {wanted === null ? <EmptyState icon="tree" title={t`เลือกหน่วยงานจากผัง`} /> : <WantedOffer wanted={wanted} model={model} />}
      </div>
    </div>
  );
}

/**
 * Where what had the focus is not on the screen any more, the step that took its place has it: the chart, or the unit's
 * name. Returns what looks again when a press ends: a mouse moves the focus after the step has changed under it.
 */
function useFocusStays(frame: RefObject<HTMLDivElement | null>, charted: boolean): () => void {
  const before = useRef(charted);
  const settle = useCallback(() => {
    const held = document.activeElement;
    if (held !== null && frame.current?.contains(held) && held.getClientRects().length > 0) return;
    frame.current?.querySelector<HTMLElement>(charted ? "[role=treegrid]" : ".unit-picker-name")?.focus();
  }, [frame, charted]);
  useEffect(() => {
    if (before.current === charted) return;
    before.current = charted;
    settle();
  }, [charted, settle]);
  return settle;
}

function WantedOffer({ wanted, model }: { wanted: WantedUnit; model: PickerModel }) {
  const { t } = useLingui();
  const offer = useReadable(model.offer);
  const { busy, failure } = useReadable(model.offering);
  const unit = model.chart.unit(wanted.unit);
  return (
    <>
      <div className="unit-picker-head">
        <IconButton icon="back" label={t`กลับไปที่ผังองค์กร`} placement="bottom" className="unit-picker-back" onPress={model.leaveOffer} />
        <h3 className="unit-picker-name" tabIndex={-1}>
          {unit && nameOf(unit)}
        </h3>
      </div>
      {offer !== null && <Counted offer={offer} />}
      <Radios
        label={t`ขอบเขต`}
        value={wanted.below ? "below" : "unit"}
        onChange={(scope) => void model.offerUnit(wanted.unit, scope === "below")}
        options={[
          { value: "below", label: t`รวมหน่วยงานย่อย` },
          { value: "unit", label: t`เฉพาะหน่วยงานนี้` },
        ]}
      />
      <FailureNotice failure={failure} />
      {busy && offer === null && <Loading label={t`กำลังนับจำนวนบุคคล`} />}
      {offer !== null && <Offer offer={offer} model={model} />}
    </>
  );
}

/** Why fewer can be taken than the chart counts. */
function Counted({ offer }: { offer: UnitOffer }) {
  const { t } = useLingui();
  const parts = [
    plural(offer.everyone, { other: "ทั้งหมด # คน" }),
    ...(offer.present.length > 0 ? [plural(offer.present.length, { other: "อยู่ในห้องแล้ว # คน" })] : []),
    ...(offer.inactive.length > 0 ? [plural(offer.inactive.length, { other: "บัญชีไม่เปิดใช้งาน # คน" })] : []),
    ...(offer.self ? [t`ไม่นับตัวท่าน`] : []),
  ];
  return <p className="people-count">{parts.join(" · ")}</p>;
}

const NAMES_SHOWN = 10;

/** «ก, ข และอีก 12 คน». */
function Names({ people }: { people: readonly PersonView[] }) {
  const names = people
    .slice(0, NAMES_SHOWN)
    .map(nameOf)
    .join(", ");
  const more = people.length - NAMES_SHOWN;
  return more > 0 ? (
    <>
      {names} <Trans>และ{plural(more, { other: "อีก # คน" })}</Trans>
    </>
  ) : (
    names
  );
}

function Offer({ offer, model }: { offer: UnitOffer; model: PickerModel }) {
  const { t } = useLingui();
  const total = offeredPeople(offer).length;
  return (
    <>
      <div className="unit-picker-ranks" role="group" aria-label={t`ระดับ`}>
        <div className="unit-picker-all">
          <p className="field-label">
            <Trans>ระดับ</Trans>
          </p>
          <Button variant="quiet" onPress={() => model.chooseRanks(true)}>
            <Trans>ทั้งหมด</Trans>
          </Button>
          <Button variant="quiet" onPress={() => model.chooseRanks(false)}>
            <Trans>ไม่เลือก</Trans>
          </Button>
        </div>
        {offer.ranks.map(({ rank, rank_en: english, count }) => {
          const people = formatNumber(count);
          return (
            <Checkbox key={rank} isSelected={offer.chosen.has(rank)} onChange={() => model.toggleRank(rank)}>
              {rank === "" ? t`ไม่ระบุระดับ` : inPageLanguage(rank, english)} <span className="people-count">{people}</span>
            </Checkbox>
          );
        })}
        {offer.present.length > 0 && (
          <p className="people-count">
            {plural(offer.present.length, { other: "อยู่ในห้องแล้ว # คน" })}: <Names people={offer.present} />
          </p>
        )}
        {offer.inactive.length > 0 && (
          <p className="people-count">
            {plural(offer.inactive.length, { other: "ไม่รวม # คนที่บัญชีไม่ได้เปิดใช้งาน" })}: <Names people={offer.inactive} />
          </p>
        )}
      </div>
      <div className="unit-picker-take">
        <Button
          variant="primary"
          icon="add"
          block
          denied={total > 0 ? undefined : offer.ranks.length === 0 ? t`ไม่มีบุคคลที่เพิ่มได้ในหน่วยงานนี้` : t`โปรดเลือกระดับ`}
          onPress={model.acceptOffer}
        >
          {plural(total, { other: "เลือกทั้ง # คน" })}
        </Button>
      </div>
    </>
  );
}
