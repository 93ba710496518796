/** What is said of a file in words and a sign, never by colour alone: how its scan stands, and that it is as it was taken. */
import { msg } from "@lingui/core/macro";
import type { MessageDescriptor } from "@lingui/core";
import { Trans, useLingui } from "@lingui/react/macro";

import type { FileView } from "#core/protocol";
import { Icon, type IconName } from "#ui/Icon";

import { isUnscanned, type Said, standingOf } from "./standing";

const WORDS: Record<Said, MessageDescriptor> = {
  checking: msg`กำลังตรวจไวรัส`,
  checking_mine: msg`กำลังตรวจไวรัส ผู้อื่นเปิดได้เมื่อตรวจเสร็จ`,
  away: msg`ระบบตรวจไวรัสไม่พร้อม จึงยังตรวจและเปิดไม่ได้`,
  away_mine: msg`ระบบตรวจไวรัสไม่พร้อม ผู้อื่นจึงยังเปิดไม่ได้`,
  soon: msg`ระบบตรวจไวรัสไม่พร้อม เปิดได้ในอีกไม่นานโดยยังไม่ได้ตรวจ`,
  soon_mine: msg`ระบบตรวจไวรัสไม่พร้อม ผู้อื่นเปิดได้ในอีกไม่นานโดยยังไม่ได้ตรวจ`,
  unchecked: msg`ยังไม่ได้ตรวจไวรัส โปรดระวัง`,
  infected: msg`พบไวรัส ระบบกักไฟล์นี้ไว้ เปิดไม่ได้`,
  released: msg`เคยพบไวรัส ผู้รับผิดชอบอนุญาตให้เปิด โปรดระวัง`,
  uncheckable: msg`ระบบตรวจไวรัสในไฟล์นี้ไม่ได้ โปรดระวัง`,
  held_uncheckable: msg`ระบบตรวจไวรัสในไฟล์นี้ไม่ได้ จึงยังเปิดไม่ได้`,
  too_big: msg`ไฟล์ใหญ่เกินกว่าจะตรวจไวรัสได้ โปรดระวัง`,
  held_too_big: msg`ไฟล์ใหญ่เกินกว่าจะตรวจไวรัสได้ จึงยังเปิดไม่ได้`,
  remote: msg`ไฟล์อยู่ที่หน่วยงานต้นทาง`,
  fetching: msg`กำลังรับไฟล์จากหน่วยงานต้นทาง`,
  unavailable: msg`ขณะนี้รับไฟล์จากหน่วยงานต้นทางไม่ได้`,
  damaged: msg`ไฟล์นี้เสียหาย เปิดไม่ได้ โปรดแจ้งผู้ดูแลระบบ`,
  removed: msg`พบไวรัส ผู้รับผิดชอบลบไฟล์นี้แล้ว`,
  gone: msg`ไฟล์นี้ถูกทำลายแล้ว`,
};

const ICONS: Record<Said, IconName> = {
  checking: "waiting",
  checking_mine: "waiting",
  away: "lock",
  away_mine: "offline",
  soon: "waiting",
  soon_mine: "waiting",
  unchecked: "error",
  infected: "virus",
  released: "virus",
  uncheckable: "error",
  held_uncheckable: "lock",
  too_big: "error",
  held_too_big: "lock",
  remote: "building",
  fetching: "download",
  unavailable: "offline",
  damaged: "error",
  removed: "virus",
  gone: "retract",
};

/** The same as a text, for names of what is pressed; null when nothing is to be said. */
export function useSaid(file: FileView, mine: boolean): string | null {
  const { i18n } = useLingui();
  const { said } = standingOf(file, mine);
  return said === null ? null : i18n._(WORDS[said]);
}

export function StandingLine({ file, mine }: { file: FileView; mine: boolean }) {
  const { said, tone } = standingOf(file, mine);
  const words = useSaid(file, mine);
  if (said === null) return null;
  return (
    <span className={`file-said file-said-${tone}`}>
      <Icon name={ICONS[said]} size="s" />
      {words}
    </span>
  );
}

/** Once for the files of a message: the agency scans none. */
export function UnscannedLine({ files }: { files: readonly FileView[] }) {
  if (!files.some(isUnscanned)) return null;
  return (
    <span className="file-said file-said-quiet">
      <Trans>หน่วยงานไม่ได้ตรวจไวรัสในไฟล์</Trans>
    </span>
  );
}

/** In place of what may not be opened: the sign and the words, in the middle of its box. */
export function Barred({ file, mine }: { file: FileView; mine: boolean }) {
  const { said, tone } = standingOf(file, mine);
  const words = useSaid(file, mine);
  if (said === null) return null;
  return (
    <span className={`file-barred file-said-${tone}`}>
      <Icon name={ICONS[said]} />
      <span>{words}</span>
    </span>
  );
}

export function OriginalMark({ file }: { file: FileView }) {
  if (file.original !== true) return null;
  return (
    <span className="file-said file-said-warn">
      <Icon name="location" size="s" />
      <Trans>ต้นฉบับ อาจมีข้อมูลตำแหน่ง</Trans>
    </span>
  );
}
