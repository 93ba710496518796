/** Why what is written cannot be sent now: beside the button, and in sight and aloud once somebody has tried. */
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";

import { isStuck } from "#core/fileFailures";
import { Icon } from "#ui/Icon";
import { LiveRegion } from "#ui/LiveRegion";
import { useReadable } from "#ui/useReadable";

import type { ComposerModel } from "./ComposerModel";

export function useBlockedText(model: ComposerModel): string | undefined {
  const { t } = useLingui();
  const { blocked } = useReadable(model);
  const stuck = useReadable(model.files).files.filter(isStuck).length;
  switch (blocked) {
    case null:
      return undefined;
    case "too_long":
      return t`ข้อความยาวเกินกำหนด โปรดแบ่งส่ง`;
    case "empty":
      return t`ยังไม่ได้พิมพ์ข้อความหรือแนบไฟล์`;
    case "stuck":
      return plural(stuck, { other: "มี # ไฟล์ที่ส่งไม่ได้ โปรดแก้ไขหรือนำออกก่อน" });
  }
}

export function BlockedNote({ model }: { model: ComposerModel }) {
  const { told } = useReadable(model);
  const text = useBlockedText(model);
  return (
    <>
      <LiveRegion text={told > 0 ? (text ?? "") : ""} turn={told} />
      {told > 0 && text !== undefined && (
        <p className="composer-blocked" aria-hidden>
          <Icon name="error" size="s" />
          {text}
        </p>
      )}
    </>
  );
}
