/**
 * Looking at what a room holds, one after the other: pictures, films, pages of documents. Arrows, Home and End go along,
 * plus and minus grow, Esc closes; fingers swipe and pinch. What is looked at and its place are announced. When the message
 * of what is open goes, so does the view of it.
 */
import { useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, type Ref, useCallback, useEffect, useRef, useState } from "react";

import type { PersonId } from "#core/snapshots";
import { formatDateTime, formatNumber } from "#i18n/dates";
import { formatSize } from "#i18n/sizes";
import { IconButton } from "#ui/Button";
import { DownloadLink } from "#ui/DownloadLink";
import { FullScreen } from "#ui/FullScreen";
import { LiveRegion } from "#ui/LiveRegion";
import { EmptyState } from "#ui/Notice";

import type { FilesModel } from "./FilesModel";
import { Film } from "./Film";
import { Pages } from "./Pages";
import { type Shown, shownKey } from "./shown";
import { pagesOf, viewOf } from "./sources";
import { Stage, type StageHandle } from "./Stage";
import { StandingLine } from "./StandingLine";
import { useThumb } from "./useThumb";
import "./viewer.css";

interface ViewerProps {
  series: readonly Shown[];
  opened: string;
  model: FilesModel;
  nameOf: (person: PersonId) => string;
  onJump: (n: number) => void;
  onClose: () => void;
}

const PUSH_PX = 80;

export function Viewer({ series, opened, model, nameOf, onJump, onClose }: ViewerProps) {
  const { t } = useLingui();
  const [key, setKey] = useState(opened);
  const index = series.findIndex((one) => shownKey(one) === key);
  const one = series[index];
  const [scale, setScale] = useState(1);
  const [page, setPage] = useState(1);
  const stage = useRef<StageHandle>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => model.playback.pause(), [model]);
  const go = useCallback(
    (to: number) => {
      const next = series[to];
      if (next === undefined || shownKey(next) === key) return;
      setKey(shownKey(next));
      setScale(1);
      setPage(1);
      setTurn((now) => now + 1);
    },
    [series, key],
  );
  const onStep = useCallback((by: -1 | 1) => go(index + by), [go, index]);
  const pages = one === undefined ? [] : pagesOf(one.file);
  const isPaged = one?.file.form === "document";
  const grow = () => (isPaged ? setScale((now) => Math.min(4, now * 1.25)) : stage.current?.grow());
  const shrink = () => (isPaged ? setScale((now) => Math.max(1, now / 1.25)) : stage.current?.shrink());
  const place = usePlace(one, index, series.length, page, pages.length);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // A video and a slider have keys of their own, and what scrolls has all arrows.
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("video, input") !== null) return;
    const act = keyActions({ stage: stage.current, index, count: series.length, scrolls: target.closest(".pages") !== null, go, grow, shrink })[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

  return (
    <FullScreen
      title={one?.file.name ?? t`ไฟล์นี้เปิดไม่ได้แล้ว`}
      {...(one === undefined ? {} : { detail: <Detail one={one} name={nameOf(one.sender)} place={place} /> })}
      onClose={onClose}
      onKeyDown={onKeyDown}
      actions={
        <>
          {one !== undefined && one.file.form !== "video" && (
            <>
              <IconButton icon="zoomOut" label={t`ย่อภาพ`} onPress={shrink} placement="bottom" denied={scale <= 1 ? t`ภาพพอดีจอแล้ว` : undefined} />
              <IconButton icon="zoomIn" label={t`ขยายภาพ`} onPress={grow} placement="bottom" />
            </>
          )}
          {one !== undefined && <IconButton icon="message" label={t`ไปยังข้อความ`} onPress={() => onJump(one.n)} placement="bottom" />}
          {one !== undefined && <DownloadLink href={model.addressOf(one.file.id)} name={one.file.name} label={t`ดาวน์โหลด ${one.file.name}`} />}
          <IconButton icon="close" label={t`ปิด`} onPress={onClose} placement="bottom" autoFocus />
        </>
      }
    >
      <div className="viewer">
        {one === undefined ? (
          <EmptyState icon="retract" title={t`ข้อความของไฟล์นี้ไม่มีแล้ว`} />
        ) : (
          <Looked key={shownKey(one)} one={one} model={model} scale={scale} stage={stage} onStep={onStep} onScale={setScale} onPage={setPage} />
        )}
        {index > 0 && (
          <div className="viewer-step viewer-before">
            <IconButton icon="chevronLeft" label={t`ก่อนหน้า`} onPress={() => onStep(-1)} placement="right" />
          </div>
        )}
        {index >= 0 && index < series.length - 1 && (
          <div className="viewer-step viewer-after">
            <IconButton icon="chevronRight" label={t`ถัดไป`} onPress={() => onStep(1)} placement="left" />
          </div>
        )}
      </div>
      <LiveRegion text={one === undefined ? t`ข้อความของไฟล์นี้ไม่มีแล้ว` : `${one.file.name}, ${place}`} turn={turn} />
    </FullScreen>
  );
}

interface KeyContext {
  stage: StageHandle | null;
  index: number;
  count: number;
  scrolls: boolean;
  go: (to: number) => void;
  grow: () => void;
  shrink: () => void;
}

/** What each key does now: arrows move a picture that is larger than the stage, else they go along. */
function keyActions({ stage, index, count, scrolls, go, grow, shrink }: KeyContext): Readonly<Record<string, () => void>> {
  const push = (x: number, y: number, otherwise: () => void) => () => {
    if (stage?.push(x * PUSH_PX, y * PUSH_PX) !== true) otherwise();
  };
  const zoom = { "+": grow, "=": grow, "-": shrink, "0": () => stage?.fit() };
  const along = { ArrowLeft: push(1, 0, () => go(index - 1)), ArrowRight: push(-1, 0, () => go(index + 1)) };
  if (scrolls) return { ...zoom, ...along };
  return {
    ...zoom,
    ...along,
    ArrowUp: push(0, 1, () => undefined),
    ArrowDown: push(0, -1, () => undefined),
    Home: () => go(0),
    End: () => go(count - 1),
  };
}

/** «ภาพที่ 2 จาก 5», or «หน้า 3 จาก 12». */
function usePlace(one: Shown | undefined, index: number, count: number, page: number, pages: number): string {
  const { t } = useLingui();
  const [at, all, leaf, leaves] = [index + 1, count, page, Math.max(pages, one?.file.pages ?? 0)].map(formatNumber);
  return one?.file.form === "document" ? t`หน้า ${leaf} จาก ${leaves}` : t`รายการที่ ${at} จาก ${all}`;
}

function Detail({ one, name, place }: { one: Shown; name: string; place: string }) {
  return (
    <span className="viewer-detail">
      <span>{[place, name, formatDateTime(one.at), formatSize(one.file.size)].join(" · ")}</span>
      <StandingLine file={one.file} mine={one.mine} />
    </span>
  );
}

interface LookedProps {
  one: Shown;
  model: FilesModel;
  scale: number;
  stage: Ref<StageHandle>;
  onStep: (by: -1 | 1) => void;
  onScale: (scale: number) => void;
  onPage: (page: number) => void;
}

function Looked({ one, model, scale, stage, onStep, onScale, onPage }: LookedProps) {
  const { t } = useLingui();
  const thumb = useThumb(model, one, one.file.form === "picture");
  const { file } = one;
  if (file.form === "document") {
    const pages = pagesOf(file);
    return <Pages file={file} pages={pages} count={file.pages ?? pages.length} scale={scale} addressOf={model.addressOf} onPage={onPage} />;
  }
  if (file.form === "video") return <Film one={one} model={model} />;
  const view = viewOf(file);
  if (view === null) return <EmptyState icon="waiting" title={t`กำลังเตรียมภาพ`} />;
  return (
    <Stage
      src={model.addressOf(view.id)}
      small={thumb.kind === "shown" ? thumb.address : null}
      alt={file.name}
      handle={stage}
      onStep={onStep}
      onScale={onScale}
    />
  );
}
