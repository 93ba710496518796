/** The files of a message, as they stand under its words: pictures and films together, then players, then cards. */
import { filesText } from "#i18n/files";
import type { MessageItem, RoomId } from "#core/snapshots";
import { useLocale } from "#ui/useLocale";

import { FileCard } from "./FileCard";
import type { FilesModel } from "./FilesModel";
import { Pictures } from "./Pictures";
import { Player } from "./Player";
import { type Shown, shownKey, shownOf } from "./shown";
import { placeOf } from "./sources";
import { UnscannedLine } from "./StandingLine";
import "./files.css";

interface MessageFilesProps {
  room: RoomId;
  item: MessageItem;
  model: FilesModel;
  tabIndex: number;
  onOpen: (one: Shown) => void;
}

export function MessageFiles({ room, item, model, tabIndex, onOpen }: MessageFilesProps) {
  useLocale();
  const files = shownOf(room, item);
  const [pictures, players, cards] = [[] as Shown[], [] as Shown[], [] as Shown[]];
  for (const one of files) {
    const place = placeOf(one.file);
    (place === "player" ? players : place === "card" ? cards : pictures).push(one);
  }
  const common = { model, tabIndex, onOpen };
  return (
    <div className="files">
      <span id={`m-${item.n}-files`} className="visually-hidden">
        {filesText(item.files)}
      </span>
      <Pictures pictures={pictures} {...common} />
      {players.map((one, i) => (
        <Player key={`${i} ${shownKey(one)}`} one={one} {...common} />
      ))}
      {cards.map((one, i) => (
        <FileCard key={`${i} ${shownKey(one)}`} one={one} {...common} />
      ))}
      <UnscannedLine files={item.files} />
    </div>
  );
}
