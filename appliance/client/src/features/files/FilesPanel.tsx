/** The files of a room beside it: pictures as a grid, documents and sounds as lists, each with the way to its message. */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useEffect, useRef, useState } from "react";

import type { RoomFile } from "#core/protocol";
import type { RoomFileList } from "#core/roomFiles";
import type { PersonId } from "#core/snapshots";
import { formatDate, formatDateTime, formatMonth } from "#i18n/dates";
import { formatLength } from "#i18n/sizes";
import { Button, IconButton } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { Name } from "#ui/Name";
import { EmptyState, Loading } from "#ui/Notice";
import { Panel } from "#ui/Panel";
import { Tabs } from "#ui/Tabs";
import { Time } from "#ui/Time";
import { useReadable } from "#ui/useReadable";

import { FileCard } from "./FileCard";
import type { FilesModel } from "./FilesModel";
import { Player } from "./Player";
import { isLookedAt, type Shown, shownKey } from "./shown";
import { placeOf, thumbOf } from "./sources";
import { standingOf } from "./standing";
import { Barred, useSaid } from "./StandingLine";
import { useThumb } from "./useThumb";
import { Viewer } from "./Viewer";
import "./files.css";
import "./panel.css";

export interface RoomLists {
  readonly pictures: RoomFileList;
  readonly documents: RoomFileList;
  readonly sounds: RoomFileList;
}
type ListName = keyof RoomLists;

interface FilesPanelProps {
  lists: RoomLists;
  model: FilesModel;
  me: PersonId;
  nameOf: (person: PersonId) => string;
  onJump: (n: number) => void;
  leave: { icon: "back" | "close"; label: string; onPress: () => void };
}

export function FilesPanel({ lists, model, me, nameOf, onJump, leave }: FilesPanelProps) {
  const { t } = useLingui();
  const [tab, setTab] = useState<ListName>("pictures");
  const [opened, setOpened] = useState<string | null>(null);
  const list = lists[tab];
  useEffect(() => list.open(), [list]);
  const { files } = useReadable(list);
  const shown = files.map((file) => shownIn(list, file, me));
  const open = (one: Shown) => setOpened(shownKey(one));
  const part = { list, shown, model, nameOf, onJump, onOpen: open };
  return (
    <Panel label={t`ไฟล์ในห้อง`} title={<Trans>ไฟล์ในห้อง</Trans>} leave={leave} className="files-panel">
      <Tabs
        label={t`ชนิดของไฟล์`}
        selected={tab}
        onSelect={setTab}
        tabs={[
          { id: "pictures", label: t`ภาพและวิดีโอ`, content: <Listed {...part} empty={t`ยังไม่มีภาพหรือวิดีโอ`} icon="image" grid /> },
          { id: "documents", label: t`ไฟล์`, content: <Listed {...part} empty={t`ยังไม่มีไฟล์`} icon="file" /> },
          { id: "sounds", label: t`เสียง`, content: <Listed {...part} empty={t`ยังไม่มีเสียง`} icon="sound" /> },
        ]}
      />
      {opened !== null && (
        <Viewer
          series={shown.filter((one) => isLookedAt(one) && (tab === "pictures" || shownKey(one) === opened))}
          opened={opened}
          model={model}
          nameOf={nameOf}
          onJump={(n) => {
            setOpened(null);
            onJump(n);
          }}
          onClose={() => setOpened(null)}
        />
      )}
    </Panel>
  );
}

function shownIn({ room }: RoomFileList, { n, sender, at, file }: RoomFile, me: PersonId): Shown {
  return { room, n, sender, at, mine: sender === me, file };
}

/** The newest month first, as the files come. */
function byMonth(shown: readonly Shown[]): readonly { readonly month: string; readonly files: readonly Shown[] }[] {
  const months = new Map<string, Shown[]>();
  for (const one of shown) {
    const month = formatMonth(one.at);
    months.set(month, [...(months.get(month) ?? []), one]);
  }
  return [...months].map(([month, files]) => ({ month, files }));
}

interface ListedProps {
  list: RoomFileList;
  shown: readonly Shown[];
  model: FilesModel;
  nameOf: (person: PersonId) => string;
  onJump: (n: number) => void;
  onOpen: (one: Shown) => void;
  empty: string;
  icon: "image" | "file" | "sound";
  grid?: boolean;
}

function Listed({ list, shown, model, nameOf, onJump, onOpen, empty, icon, grid }: ListedProps) {
  const { t } = useLingui();
  const { more, loading, failure, pages } = useReadable(list);
  if (shown.length === 0 && !more && !loading) return <EmptyState icon={icon} title={empty} />;
  return (
    <div className="files-listed">
      {grid ? (
        byMonth(shown).map(({ month, files }) => (
          <section key={month} aria-label={month}>
            <h3 className="files-month">{month}</h3>
            <ul className="files-tiles">
              {files.map((one) => (
                <li key={shownKey(one)}>
                  <Tile one={one} model={model} nameOf={nameOf} onOpen={onOpen} onJump={onJump} />
                </li>
              ))}
            </ul>
          </section>
        ))
      ) : (
        <ul className="files-rows">
          {shown.map((one) => (
            <li key={shownKey(one)} className="files-row">
              {placeOf(one.file) === "player" ? (
                <Player one={one} model={model} tabIndex={0} onOpen={onOpen} />
              ) : (
                <FileCard one={one} model={model} tabIndex={0} onOpen={onOpen} />
              )}
              <Origin one={one} name={nameOf(one.sender)} onJump={onJump} />
            </li>
          ))}
        </ul>
      )}
      {failure !== null && (
        <div className="files-failed">
          <FailureNotice failure={failure} />
          <Button icon="refresh" onPress={() => void list.loadMore()}>
            <Trans>ลองใหม่</Trans>
          </Button>
        </div>
      )}
      {more && failure === null && (
        <NearEnd key={pages} onNear={() => void list.loadMore()}>
          <Loading label={t`กำลังโหลดไฟล์`} />
        </NearEnd>
      )}
    </div>
  );
}

/** Who sent it and when; the button goes to the message. */
function Origin({ one, name, onJump }: { one: Shown; name: string; onJump: (n: number) => void }) {
  const { t } = useLingui();
  return (
    <p className="files-origin">
      <span>
        <Name>{name}</Name> · <Time at={one.at}>{formatDateTime(one.at)}</Time>
      </span>
      <IconButton icon="message" size="s" label={t`ไปยังข้อความของ ${one.file.name}`} onPress={() => onJump(one.n)} />
    </p>
  );
}

interface TileProps {
  one: Shown;
  model: FilesModel;
  nameOf: (person: PersonId) => string;
  onOpen: (one: Shown) => void;
  onJump: (n: number) => void;
}

/** A picture or film; one that cannot be looked at leads to its message, where more is said of it. */
function Tile({ one, model, nameOf, onOpen, onJump }: TileProps) {
  const { t } = useLingui();
  const { file, mine } = one;
  const looked = isLookedAt(one);
  const said = useSaid(file, mine);
  const thumb = useThumb(model, one, looked);
  const seconds = file.seconds ?? null;
  // What has a picture is told apart by it.
  const nameless = thumb.kind !== "failed" && thumbOf(file) !== null;
  const kind = file.form === "video" ? t`วิดีโอ` : t`รูปภาพ`;
  const length = seconds === null ? [] : [formatLength(seconds)];
  const label = [`${kind}: ${file.name}`, ...length, nameOf(one.sender), formatDateTime(one.at), ...(said === null ? [] : [said])].join(", ");
  return (
    <button type="button" className="file-picture files-tile" aria-label={label} onClick={() => (looked ? onOpen(one) : onJump(one.n))}>
      {looked && thumb.kind === "shown" && <img className="file-image" src={thumb.address} alt="" decoding="async" draggable={false} />}
      {!standingOf(file, mine).open ? (
        <Barred file={file} mine={mine} />
      ) : (
        thumb.kind !== "shown" && (
          <span className="file-coming" aria-hidden>
            <Icon name={thumb.kind === "failed" ? "offline" : file.form === "video" ? "film" : "image"} size={nameless ? "l" : "m"} />
            {!nameless && (
              <>
                <span className="files-tile-name">{file.name}</span>
                <span className="files-tile-name">{formatDate(one.at)}</span>
              </>
            )}
          </span>
        )
      )}
      {file.form === "video" && nameless && (
        <span className="file-length" aria-hidden>
          <Icon name="play" size="s" /> {seconds !== null && formatLength(seconds)}
        </span>
      )}
    </button>
  );
}

/** Calls when it comes near the screen, once. */
function NearEnd({ onNear, children }: { onNear: () => void; children: ReactNode }) {
  const element = useRef<HTMLDivElement>(null);
  const near = useRef(onNear);
  useEffect(() => {
    near.current = onNear;
  });
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && near.current(), { rootMargin: "400px" });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return <div ref={element}>{children}</div>;
}
