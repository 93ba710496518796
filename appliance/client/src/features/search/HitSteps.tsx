/** From one hit to the next and back, and which of them is open. */
import { Trans, useLingui } from "@lingui/react/macro";

import { formatNumber } from "#i18n/dates";
import { Button, IconButton } from "#ui/Button";
import { useReadable } from "#ui/useReadable";

import type { HitPlace, SearchModel } from "./SearchModel";

interface HitStepsProps {
  model: SearchModel;
  /** The message the page has arrived at. */
  arrived: HitPlace | null;
  onStep: (by: -1 | 1) => void;
}

export function HitSteps({ model, arrived, onStep }: HitStepsProps) {
  const { t } = useLingui();
  const { hits, more } = useReadable(model);
  if (hits.length === 0) return null;
  const at = model.indexOf(arrived);
  const [place, count] = [formatNumber(at + 1), `${formatNumber(hits.length)}${more === "none" ? "" : "+"}`];
  return (
    <div className="hit-steps" role="group" aria-label={t`ผลการค้นหาทีละข้อความ`}>
      <span className="hit-steps-place" role="status">
        {at >= 0 && <Trans>{place} จาก {count}</Trans>}
      </span>
      <IconButton icon="chevronLeft" label={t`ผลก่อนหน้า`} denied={at <= 0 ? t`เป็นผลแรกแล้ว` : undefined} onPress={() => onStep(-1)} placement="bottom" />
      <IconButton
        icon="chevronRight"
        label={t`ผลถัดไป`}
        denied={at === hits.length - 1 && more === "none" ? t`เป็นผลสุดท้ายแล้ว` : undefined}
        onPress={() => onStep(1)}
        placement="bottom"
      />
    </div>
  );
}

/** The same over a room on a narrow page, where the list is out of sight; nothing when the message is no hit. */
export function HitBar({ model, arrived, onStep, onList }: HitStepsProps & { onList: () => void }) {
  useReadable(model);
  if (model.indexOf(arrived) < 0) return null;
  return (
    <div className="hit-bar">
      <Button icon="search" variant="quiet" onPress={onList}>
        <Trans>ผลการค้นหา</Trans>
      </Button>
      <HitSteps model={model} arrived={arrived} onStep={onStep} />
    </div>
  );
}
