/** What was not attached, and why: one reason once, with the names it holds for. */
import { plural, t } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import { blockedKind, endOf } from "#core/fileLimits";
import type { NotAttached } from "#core/index";
import type { Me } from "#core/protocol";
import { reasonText } from "#i18n/reasons";
import { formatRoom } from "#i18n/sizes";
import { IconButton } from "#ui/Button";
import { Notice } from "#ui/Notice";

interface RefusedFilesProps {
  refused: readonly NotAttached[];
  limits: Me["files"] | undefined;
  onClose: () => void;
}

export function RefusedFiles({ refused, limits, onClose }: RefusedFilesProps) {
  const { t: say } = useLingui();
  const namesBy = new Map<string, readonly string[]>();
  for (const { name, code } of refused) {
    const reason = refusedText(name, code, limits);
    namesBy.set(reason, [...(namesBy.get(reason) ?? []), name]);
  }
  return (
    <div role="alert">
      {namesBy.size > 0 && (
        <Notice kind="error" action={<IconButton icon="close" size="s" label={say`ปิด`} onPress={onClose} />}>
          {[...namesBy].map(([reason, names]) => (
            <p key={reason}>
              <Trans>
                ไม่ได้แนบ {listed(names)}: {reason}
              </Trans>
            </p>
          ))}
        </Notice>
      )}
    </div>
  );
}

const SHOWN = 3;

function listed(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return [...names.slice(0, SHOWN).map((name) => `“${name}”`), ...(more > 0 ? [plural(more, { other: "และอีก # ไฟล์" })] : [])].join(" ");
}

function refusedText(name: string, code: string, limits: Me["files"] | undefined): string {
  const most = formatRoom(limits?.largest ?? 0);
  switch (code) {
    case "upload_too_large":
      return t`ไฟล์ใหญ่เกินไป ส่งได้ไม่เกิน ${most}`;
    case "file_empty":
      return t`ไฟล์นี้ไม่มีข้อมูล`;
    case "folder":
      return t`แนบทั้งโฟลเดอร์ไม่ได้ โปรดเลือกไฟล์ในโฟลเดอร์ หรือบีบอัดเป็นไฟล์เดียวก่อน`;
    case "file_not_same":
      return t`ไม่ใช่ไฟล์เดิม โปรดเลือกไฟล์ที่มีชื่อและขนาดเดียวกัน`;
    case "file_type_blocked":
      return blockedText(name, limits);
    default:
      return reasonText(code);
  }
}

/** What such a file does, and what to do in its place. */
function blockedText(name: string, limits: Me["files"] | undefined): string {
  const end = endOf(name);
  switch (blockedKind(name, limits) ?? "") {
    case "program":
      return t`ไฟล์ .${end} ใช้เป็นโปรแกรมได้ จึงส่งไม่ได้ หากเป็นข้อมูล โปรดบันทึกเป็นชนิดอื่นแล้วส่งใหม่`;
    case "script":
      return t`ไฟล์ .${end} เป็นชุดคำสั่งที่เครื่องทำตามได้ จึงส่งไม่ได้ หากให้อ่านเท่านั้น โปรดบันทึกเป็น .txt แล้วส่งใหม่`;
    case "shortcut":
      return t`ไฟล์ .${end} เป็นทางลัดหรือเปิดสิ่งอื่นได้เอง จึงส่งไม่ได้ โปรดส่งไฟล์ตัวจริง หรือพิมพ์ที่อยู่ในข้อความ`;
    case "disk_image":
      return t`ไฟล์ .${end} เป็นอิมเมจของดิสก์ จึงส่งไม่ได้ โปรดส่งเฉพาะไฟล์ที่อยู่ข้างใน`;
    case "macros": {
      const safe = withoutMacros(end);
      return safe === null ? t`ไฟล์ .${end} มีมาโคร จึงส่งไม่ได้ โปรดบันทึกเป็นชนิดที่ไม่มีมาโครแล้วส่งใหม่` : t`ไฟล์ .${end} มีมาโคร จึงส่งไม่ได้ โปรดบันทึกเป็น .${safe} แล้วส่งใหม่`;
    }
    case "agency":
      return t`หน่วยงานของท่านไม่อนุญาตให้ส่งไฟล์ .${end}`;
    default:
      return reasonText("file_type_blocked");
  }
}

const SAFE: readonly (readonly [RegExp, string])[] = [
  [/^do[ct]m$/u, "docx"],
  [/^xl(?:sm|tm|sb)$/u, "xlsx"],
  [/^p(?:ptm|otm|psm)$/u, "pptx"],
];

/** The end of the same kind of Office file without macros; null where there is none. */
function withoutMacros(end: string): string | null {
  return SAFE.find(([pattern]) => pattern.test(end))?.[1] ?? null;
}
