import { Trans, useLingui } from "@lingui/react/macro";

import { formatDateTime, formatLongDay } from "#i18n/dates";
import { Radios } from "#ui/Choice";
import { Panel, PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import type { PreferencesModel } from "./PreferencesModel";
import type { Leave } from "./SettingsList";

interface DisplayViewProps {
  model: PreferencesModel;
  now: number;
  leave: Leave | undefined;
}

/** What the choice looks like stays as it is, whichever digits the page has. */
const ARABIC = "0–9";

/** Language, dates and colours on this device; each choice shows at once. */
export function DisplayView({ model, now, leave }: DisplayViewProps) {
  const { t } = useLingui();
  const { language, era, digits, theme, contrast, textSize } = useReadable(model);
  return (
    <Panel label={t`การแสดงผล`} title={<Trans>การแสดงผล</Trans>} {...(leave ? { leave } : {})} className="settings-panel">
      <PanelSection title={t`ภาษาและวันที่`}>
        <Radios
          label={t`ภาษา`}
          value={language}
          onChange={(value) => void model.choose("language", value)}
          options={[
            { value: "th", label: "ไทย" },
            { value: "en", label: "English" },
          ]}
        />
        <Radios
          label={t`ศักราช`}
          value={era}
          onChange={(value) => void model.choose("era", value)}
          options={[
            { value: "auto", label: t`ตามภาษา` },
            { value: "buddhist", label: t`พุทธศักราช` },
            { value: "common", label: t`คริสต์ศักราช` },
          ]}
        />
        <Radios
          label={t`ตัวเลข`}
          value={digits}
          onChange={(value) => void model.choose("digits", value)}
          options={[
            { value: "arabic", label: t`อารบิก ${ARABIC}` },
            { value: "thai", label: t`ไทย ๐–๙` },
          ]}
        />
        <p className="settings-sample">
          <span>{formatLongDay(now)}</span>
          <span>{formatDateTime(now)}</span>
        </p>
      </PanelSection>
      <PanelSection title={t`ขนาดตัวอักษร สี และความคมชัด`}>
        <Radios
          label={t`ขนาดตัวอักษร`}
          value={textSize}
          onChange={(value) => void model.choose("textSize", value)}
          options={[
            { value: "normal", label: t`ปกติ` },
            { value: "large", label: t`ใหญ่` },
            { value: "larger", label: t`ใหญ่มาก` },
            { value: "largest", label: t`ใหญ่ที่สุด` },
          ]}
        />
        <Radios
          label={t`โทนสี`}
          value={theme}
          onChange={(value) => void model.choose("theme", value)}
          options={[
            { value: "auto", label: t`ตามระบบ` },
            { value: "light", label: t`สว่าง` },
            { value: "dark", label: t`มืด` },
          ]}
        />
        <Radios
          label={t`ความคมชัด`}
          value={contrast}
          onChange={(value) => void model.choose("contrast", value)}
          options={[
            { value: "auto", label: t`ปกติ` },
            { value: "more", label: t`คมชัดสูง` },
          ]}
        />
      </PanelSection>
    </Panel>
  );
}
