/** A file that is downloaded: its kind, its name in full, its size; documents with pages open in the viewer. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import { hasNoView } from "#core/fileFacts";
import { formatSize } from "#i18n/sizes";
import { DownloadLink } from "#ui/DownloadLink";
import { Icon, type IconName } from "#ui/Icon";

import type { FilesModel } from "./FilesModel";
import { isLookedAt, type Shown } from "./shown";
import { extensionOf, thumbOf } from "./sources";
import { standingOf } from "./standing";
import { OriginalMark, StandingLine } from "./StandingLine";
import { useThumb } from "./useThumb";

interface FileCardProps {
  one: Shown;
  model: FilesModel;
  tabIndex: number;
  onOpen: (one: Shown) => void;
}

const ICONS: Record<Shown["file"]["form"], IconName> = { picture: "image", video: "film", sound: "sound", voice: "microphone", document: "file" };

export function FileCard({ one, model, tabIndex, onOpen }: FileCardProps) {
  const { t } = useLingui();
  const { file, mine } = one;
  const { open } = standingOf(file, mine);
  const looked = isLookedAt(one);
  return (
    <div className="file-card">
      <CardPicture one={one} model={model} shown={open} />
      <div className="file-card-words">
        {looked ? (
          <button type="button" className="file-name file-name-open" tabIndex={tabIndex} aria-label={t`เปิด ${file.name}`} onClick={() => onOpen(one)}>
            <bdi>{file.name}</bdi>
          </button>
        ) : (
          <span className="file-name">
            <bdi>{file.name}</bdi>
          </span>
        )}
        <span className="file-facts">{factsOf(one)}</span>
      </div>
      {open && <DownloadLink href={model.addressOf(file.id)} name={file.name} label={t`ดาวน์โหลด ${file.name}`} tabIndex={tabIndex} />}
      <div className="file-card-said">
        {hasNoView(file.width, file.height) && (
          <span className="file-said file-said-quiet">
            <Trans>ภาพใหญ่กว่า 50 ล้านพิกเซล จึงไม่มีภาพตัวอย่าง</Trans>
          </span>
        )}
        <StandingLine file={file} mine={mine} />
        <OriginalMark file={file} />
      </div>
    </div>
  );
}

/** «PDF · 2.4 MB · 12 หน้า» */
function factsOf({ file }: Shown): string {
  const kind = extensionOf(file.name);
  const pages = file.pages ?? null;
  return [...(kind === "" ? [] : [kind]), formatSize(file.size), ...(pages === null ? [] : [plural(pages, { other: "# หน้า" })])].join(" · ");
}

/** The first page, else a sign with the kind of file. */
function CardPicture({ one, model, shown }: { one: Shown; model: FilesModel; shown: boolean }) {
  const { file } = one;
  const thumb = useThumb(model, one, shown);
  const hasThumb = shown && thumbOf(file) !== null;
  if (hasThumb && thumb.kind === "shown") {
    return (
      <span className="file-card-picture file-card-sheet">
        <img className="file-image" src={thumb.address} alt="" decoding="async" draggable={false} />
      </span>
    );
  }
  return (
    <span className="file-card-picture" aria-hidden>
      <Icon name={ICONS[file.form]} size="l" />
    </span>
  );
}
