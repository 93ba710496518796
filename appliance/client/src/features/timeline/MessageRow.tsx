/** One message: author and time at the head of a group, then text, reactions and who has read it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { memo, type ReactNode } from "react";

import type { MessageItem, PendingItem, Quote } from "#core/snapshots";
import { formatTime } from "#i18n/dates";
import { messageLine } from "#i18n/files";
import type { Anchor } from "#ui/Anchored";
import { useEmojiName } from "#ui/Emoji";
import { QUICK_REACTIONS } from "#ui/emoji";
import { Icon } from "#ui/Icon";
import { Name } from "#ui/Name";
import { PersonAvatar } from "#ui/Person";
import { Time } from "#ui/Time";
import { EmojiButton, ToolButton } from "#ui/ToolButton";
import { useReadable } from "#ui/useReadable";

import { MessageText } from "./MessageText";
import { Reactions } from "./Reactions";
import { ReadMark } from "./ReadMark";
import type { TimelineModel } from "./TimelineModel";
import "./message.css";

/** How the files of messages are drawn, by who knows how; one object for all rows. */
export interface FilesShow {
  readonly draw: (item: MessageItem, tabIndex: number) => ReactNode;
  /** About how high they stand, in rem. */
  readonly height: (item: MessageItem) => number;
  /** Opens the first of them that can be looked at; null where none can. */
  readonly opener: (item: MessageItem) => (() => void) | null;
  /** Downloads the only file; null where there are several or none may be opened. */
  readonly downloader: (item: MessageItem) => (() => void) | null;
}

/** What a row asks of the view around it; one object for all rows, so rows need not render again. */
export interface RowActions {
  openMenu: (item: MessageItem | PendingItem, anchor: Anchor) => void;
  openReactions: (item: MessageItem, anchor: Anchor) => void;
  react: (item: MessageItem, emoji: string) => void;
  editUnsent: (item: PendingItem) => void;
  cancelUnsent: (item: PendingItem) => void;
  openReaders: (n: number) => void;
  openPerson: (id: string) => void;
  openHistory: (item: MessageItem) => void;
  reply: (item: MessageItem) => void;
  jumpTo: (n: number) => void;
}

interface MessageRowProps {
  item: MessageItem;
  head: boolean;
  tail: boolean;
  model: TimelineModel;
  actions: RowActions;
  files: FilesShow;
  tabStop: boolean;
  found: boolean;
  /** What can be done with it is being shown. */
  chosen: boolean;
  /** A finger has tapped it: the button of its menu shows. */
  tapped: boolean;
  newest: boolean;
}

export const MessageRow = memo(function MessageRow({ item, head, tail, model, actions, files, tabStop, found, chosen, tapped, newest }: MessageRowProps) {
  const { t } = useLingui();
  const nameOf = useEmojiName();
  const author = useReadable(model.person(item.sender));
  const name = author?.name ?? "…";
  const id = `m-${item.n}`;
  const buttonTab = tabStop ? 0 : -1;
  const hasFiles = item.hidden === null && item.files.length > 0;
  const hasWords = !hasFiles || item.text.trim() !== "";
  const said = [hasWords && `${id}-text`, hasFiles && `${id}-files`].filter(Boolean).join(" ");
  const reactWith = (emoji: string) => t`แสดงความรู้สึก ${emoji}`;
  const classes = ["msg", head && "msg-head", item.mine && "msg-mine", item.mentionsMe && "msg-mentions-me", found && "msg-found", chosen && "msg-chosen", tapped && "msg-tapped"];
  return (
    <article
      className={classes.filter(Boolean).join(" ")}
      data-row={item.key}
      tabIndex={tabStop ? 0 : -1}
      aria-labelledby={`${id}-who ${said} ${id}-when`}
      aria-keyshortcuts="Enter ContextMenu"
    >
      <div className="msg-gutter">
        {head ? (
          <PersonAvatar id={item.sender} card={model.person(item.sender)} />
        ) : (
          <Time at={item.at} className="msg-gutter-time">
            {formatTime(item.at).replace("\u00a0น.", "")}
          </Time>
        )}
      </div>
      <div className="msg-main">
        {head ? (
          <header className="msg-header">
            <button type="button" id={`${id}-who`} className="msg-author" tabIndex={buttonTab} onClick={() => actions.openPerson(item.sender)}>
              <Name>{name}</Name>
            </button>
            {author?.post && <span className="msg-post">{author.post}</span>}
            <span id={`${id}-when`}>
              <Time at={item.at} className="msg-time">
                {formatTime(item.at)}
              </Time>
            </span>
          </header>
        ) : (
          <span id={`${id}-who`} className="visually-hidden">
            {name}
          </span>
        )}
        {item.reply && <ReplyQuote quote={item.reply} model={model} tabIndex={buttonTab} onOpen={actions.jumpTo} />}
        {item.hidden === null ? (
          hasWords && <MessageText id={`${id}-text`} text={item.text} mentions={item.mentions} everyone={item.everyone} model={model} whole={found} />
        ) : (
          <p id={`${id}-text`} className="msg-hidden">
            <Icon name="retract" size="s" />
            <HiddenWords reason={item.hidden} />
          </p>
        )}
        {hasFiles && files.draw(item, buttonTab)}
        {item.edited !== null && (
          <button type="button" className="msg-edited" tabIndex={buttonTab} onClick={() => actions.openHistory(item)}>
            <Trans>แก้ไขแล้ว {formatTime(item.edited)}</Trans>
          </button>
        )}
        <Reactions item={item} model={model} />
      </div>
      <div className="msg-side">
        {!head && (
          <span id={`${id}-when`} className="visually-hidden">
            <Time at={item.at}>{formatTime(item.at)}</Time>
          </span>
        )}
        {item.hidden === null && (
          <span className={newest || (item.mine && tail) ? "msg-read-always" : "msg-read-quiet"}>
            <ReadMark item={item} tabIndex={buttonTab} onOpen={() => actions.openReaders(item.n)} />
          </span>
        )}
        <div className="msg-tools">
          {item.hidden === null &&
            QUICK_REACTIONS.map((emoji) => (
              <EmojiButton key={emoji} emoji={emoji} label={reactWith(nameOf(emoji))} tabIndex={buttonTab} onPress={() => actions.react(item, emoji)} />
            ))}
          <ToolButton icon="reaction" label={t`แสดงความรู้สึก`} tabIndex={buttonTab} hasPopup onPress={(button) => actions.openReactions(item, button)} />
          <ToolButton icon="reply" label={t`ตอบกลับ`} tabIndex={buttonTab} onPress={() => actions.reply(item)} />
          <ToolButton icon="more" label={t`ตัวเลือกของข้อความนี้`} tabIndex={buttonTab} hasPopup onPress={(button) => actions.openMenu(item, button)} />
        </div>
      </div>
    </article>
  );
});

function HiddenWords({ reason }: { reason: string }) {
  if (reason === "retracted") return <Trans>ข้อความนี้ถูกเรียกคืนแล้ว</Trans>;
  if (reason === "damaged") return <Trans>ข้อความนี้เสียหายในระบบจัดเก็บ จึงแสดงไม่ได้</Trans>;
  return <Trans>ข้อความนี้แสดงไม่ได้</Trans>;
}

/** What is being answered; pressing it goes there. */
function ReplyQuote({ quote, model, tabIndex, onOpen }: { quote: Quote; model: TimelineModel; tabIndex: number; onOpen: (n: number) => void }) {
  return (
    <button type="button" className="msg-quote" tabIndex={tabIndex} onClick={() => onOpen(quote.n)}>
      <Icon name="reply" size="s" />
      <QuoteWords quote={quote} model={model} />
    </button>
  );
}

export function QuoteWords({ quote, model }: { quote: Quote; model: Pick<TimelineModel, "nameOf"> }) {
  switch (quote.kind) {
    case "loading":
      return <span>…</span>;
    case "gone":
      return (
        <span className="msg-quote-text">
          <Trans>ข้อความเดิมแสดงไม่ได้แล้ว</Trans>
        </span>
      );
    case "known":
      return (
        <>
          <span className="msg-quote-name">{model.nameOf(quote.sender)}</span>
          <span className="msg-quote-text">{messageLine(quote.text, quote.files)}</span>
        </>
      );
  }
}
