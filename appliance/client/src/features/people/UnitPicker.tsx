import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import type { PersonView } from "#core/protocol";
import { formatNumber } from "#i18n/dates";
import { Button } from "#ui/Button";
import { Checkbox, Radios } from "#ui/Choice";
import { FailureNotice } from "#ui/Failure";
import { inPageLanguage, nameOf } from "#ui/names";
import { EmptyState, Loading } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import { offeredPeople, type PickerModel, type UnitOffer } from "./PickerModel";
import { UnitChart } from "./UnitChart";

/** A whole unit, with or without those below, by rank: how many there are is shown before they are taken. */
export function UnitPicker({ model }: { model: PickerModel }) {
  const { t } = useLingui();
  const offer = useReadable(model.offer);
  const { busy, failure } = useReadable(model.offering);
  return (
    <div className="unit-picker">
      <div className="unit-picker-tree">
        <UnitChart model={model.chart} selected={offer?.unit ?? null} onSelect={(unit) => void model.offerUnit(unit, offer?.below ?? true)} />
      </div>
      <div className="unit-picker-offer">
        <FailureNotice failure={failure} />
        {busy && <Loading label={t`กำลังนับจำนวนบุคคล`} />}
        {!busy && offer === null && <EmptyState icon="tree" title={t`เลือกหน่วยงานจากผัง`} />}
        {!busy && offer !== null && <Offer offer={offer} model={model} />}
      </div>
    </div>
  );
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
  const unit = model.chart.unit(offer.unit);
  return (
    <>
      <h3>{unit && nameOf(unit)}</h3>
      <Radios
        label={t`ขอบเขต`}
        value={offer.below ? "below" : "unit"}
        onChange={(scope) => void model.offerUnit(offer.unit, scope === "below")}
        options={[
          { value: "below", label: t`รวมหน่วยงานย่อย` },
          { value: "unit", label: t`เฉพาะหน่วยงานนี้` },
        ]}
      />
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
