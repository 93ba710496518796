/**
 * Pictures and films of a message. Each has its box before any byte of it has come, so nothing moves when it arrives; one
 * that may not be opened has the same box with the reason in it. Pressing one opens the viewer.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { formatNumber } from "#i18n/dates";
import { formatLength } from "#i18n/sizes";
import { savesData } from "#platform/media";
import { Icon } from "#ui/Icon";

import type { FilesModel } from "./FilesModel";
import { type Box, boxOf, gridOf } from "./layout";
import { type Shown, shownKey } from "./shown";
import { thumbOf, viewOf } from "./sources";
import { Barred, OriginalMark, StandingLine, useSaid } from "./StandingLine";
import { standingOf } from "./standing";
import { useThumb } from "./useThumb";

interface PicturesProps {
  pictures: readonly Shown[];
  model: FilesModel;
  tabIndex: number;
  onOpen: (one: Shown) => void;
}

export function Pictures({ pictures, model, tabIndex, onOpen }: PicturesProps) {
  const [first] = pictures;
  if (first === undefined) return null;
  const single = pictures.length === 1;
  const { columns, shown, more } = gridOf(pictures.length);
  const drawn = pictures.slice(0, shown);
  return (
    <>
      <div className={single ? "file-single" : `file-grid file-grid-${columns}`}>
        {drawn.map((one, i) => (
          <Picture
            key={shownKey(one)}
            one={one}
            place={i + 1}
            of={pictures.length}
            box={single ? boxOf(one.file.width, one.file.height) : null}
            more={i === drawn.length - 1 ? more : 0}
            model={model}
            tabIndex={tabIndex}
            onOpen={onOpen}
          />
        ))}
      </div>
      {single && standingOf(first.file, first.mine).open && <StandingLine file={first.file} mine={first.mine} />}
      {single && <OriginalMark file={first.file} />}
      {!single && <Marks pictures={pictures} />}
    </>
  );
}

/** Under a grid each thing is said once, of however many pictures it holds. */
function Marks({ pictures }: { pictures: readonly Shown[] }) {
  const said = new Map<string, Shown>();
  for (const one of pictures) {
    const standing = standingOf(one.file, one.mine);
    if (standing.open && standing.said !== null && !said.has(standing.said)) said.set(standing.said, one);
  }
  const original = pictures.find(({ file }) => file.original === true);
  return (
    <>
      {[...said].map(([what, { file, mine }]) => (
        <StandingLine key={what} file={file} mine={mine} />
      ))}
      {original !== undefined && <OriginalMark file={original.file} />}
    </>
  );
}

interface PictureProps {
  one: Shown;
  place: number;
  of: number;
  /** Of a single picture; tiles of a grid are square. */
  box: Box | null;
  /** So many more are not drawn. */
  more: number;
  model: FilesModel;
  tabIndex: number;
  onOpen: (one: Shown) => void;
}

function Picture({ one, place, of, box, more, model, tabIndex, onOpen }: PictureProps) {
  const { file, mine } = one;
  const { open } = standingOf(file, mine);
  const label = useLabel(one, place, of, more);
  const style = box === null ? {} : { inlineSize: `${box.width}rem`, aspectRatio: `${box.width} / ${box.height}` };
  if (!open) {
    return (
      <div className="file-picture" style={style} role="img" aria-label={label}>
        <Barred file={file} mine={mine} />
      </div>
    );
  }
  return (
    <button type="button" className="file-picture" style={style} aria-label={label} tabIndex={tabIndex} onClick={() => onOpen(one)}>
      <Drawn one={one} box={box} model={model} />
      {file.form === "video" && more === 0 && <FilmMarks seconds={file.seconds ?? null} />}
      {more > 0 && (
        <span className="file-more" aria-hidden>
          +{formatNumber(more)}
        </span>
      )}
    </button>
  );
}

/** «รูปภาพ 2 จาก 5: แผนที่.jpg», and what is said of it. */
function useLabel({ file, mine }: Shown, place: number, of: number, more: number): string {
  const { t } = useLingui();
  const said = useSaid(file, mine);
  const [at, all, rest] = [formatNumber(place), formatNumber(of), formatNumber(more)];
  const isFilm = file.form === "video";
  const what = of === 1 ? (isFilm ? t`วิดีโอ` : t`รูปภาพ`) : isFilm ? t`วิดีโอ ${at} จาก ${all}` : t`รูปภาพ ${at} จาก ${all}`;
  const length = file.seconds == null ? [] : [formatLength(file.seconds)];
  const hidden = more > 0 ? [t`และอีก ${rest} รายการ`] : [];
  return [`${what}: ${file.name}`, ...length, ...(said === null ? [] : [said]), ...hidden].join(", ");
}

function FilmMarks({ seconds }: { seconds: number | null }) {
  return (
    <>
      <span className="file-play" aria-hidden>
        <Icon name="play" size="l" />
      </span>
      {seconds !== null && (
        <span className="file-length" aria-hidden>
          {formatLength(seconds)}
        </span>
      )}
    </>
  );
}

/** A screen has up to so many pixels more than the small picture before the large one is worth fetching. */
const ENOUGH = 1.25;
/** A larger view waits until it is opened: lines are slow. */
const MAX_VIEW = 600 * 1_024;

/** The small picture, then over it the one that is as sharp as the screen. */
function Drawn({ one, box, model }: { one: Shown; box: Box | null; model: FilesModel }) {
  const thumb = useThumb(model, one);
  const [sharp, setSharp] = useState(false);
  if (thumb.kind === "failed") return <Missing />;
  const view = thumb.kind === "shown" && box !== null ? sharperView(one, box) : null;
  return (
    <>
      {thumb.kind === "shown" ? <img className="file-image" src={thumb.address} alt="" decoding="async" draggable={false} /> : <Coming one={one} />}
      {view !== null && (
        <img
          className={`file-image file-view ${sharp ? "file-view-here" : ""}`}
          src={model.addressOf(view)}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => setSharp(true)}
        />
      )}
    </>
  );
}

function sharperView({ file }: Shown, box: Box): string | null {
  const view = file.variants.find(({ kind }) => kind === "view") ?? null;
  if (file.form !== "picture" || view === null || view.size > MAX_VIEW || savesData()) return null;
  const wide = box.width * 16 * window.devicePixelRatio;
  return wide > (thumbOf(file)?.width ?? 320) * ENOUGH && viewOf(file) !== null ? view.id : null;
}

function Coming({ one: { file } }: { one: Shown }) {
  return (
    <span className="file-coming" aria-hidden>
      <Icon name={file.form === "video" ? "film" : "image"} size="l" />
      {file.preparing === true && thumbOf(file) === null && (
        <span>
          <Trans>กำลังเตรียมภาพ</Trans>
        </span>
      )}
    </span>
  );
}

function Missing() {
  return (
    <span className="file-coming" aria-hidden>
      <Icon name="offline" size="l" />
      <span>
        <Trans>โหลดภาพไม่ได้</Trans>
      </span>
    </span>
  );
}
