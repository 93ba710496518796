/**
 * A room's messages: virtual rows in reading order, one tab stop, arrows between messages, Enter or the menu key for what
 * can be done. `role="log"`, but silent: the rows that scrolling brings in are not news; the announcer says what is.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";

import type { MessageItem, PendingItem } from "#core/snapshots";
import { reasonText } from "#i18n/reasons";
import { copyText } from "#platform/clipboard";
import { type Anchor, AnchoredMenu, AnchoredPanel } from "#ui/Anchored";
import { Button, IconButton } from "#ui/Button";
import { REACTIONS } from "#ui/emoji";
import { FailureNotice } from "#ui/Failure";
import { EmptyState, Loading, Notice } from "#ui/Notice";
import { EmojiGrid } from "#ui/ReactionChip";
import { nextIndex } from "#ui/roving";
import { useLongPress } from "#ui/useLongPress";
import { useReadable } from "#ui/useReadable";

import { Announcer } from "./Announcer";
import { JumpBar } from "./JumpBar";
import { messageActions, pendingActions } from "./messageActions";
import { HistoryDialog, RetractDialog } from "./MessageDialogs";
import { type FilesShow, MessageRow, type RowActions } from "./MessageRow";
import { ClearedRow, DayRow, NoticeRow, PendingRow, UnreadRow } from "./OtherRows";
import { indexOfPosition, type Row } from "./rows";
import type { TimelineModel } from "./TimelineModel";
import { TypingLine } from "./TypingLine";
import { useTimelineScroll } from "./useTimelineScroll";
import "./timeline.css";

interface TimelineViewProps {
  model: TimelineModel;
  title: string;
  unread: number;
  onEdit: (item: MessageItem) => void;
  onReaders: (n: number) => void;
  onPerson: (id: string) => void;
  /** Esc and «reply» lead to the composer. */
  onLeave: () => void;
  /** What was marked as unread is left for later. */
  onMarkedUnread: () => void;
  /** Searching in this room alone. */
  onSearch: () => void;
  /** The message to arrive at: it is shown and marked, and has the focus where that is wanted. Another object is another arrival. */
  landing: { readonly n: number; readonly focus: boolean } | null;
  /** The address of a message, to be sent to others. */
  addressOf: (n: number) => string;
  files: FilesShow;
}

type Open =
  | { kind: "menu" | "reactions"; item: MessageItem; anchor: Anchor }
  | { kind: "pending"; item: PendingItem; anchor: Anchor }
  | { kind: "history" | "retract"; item: MessageItem };

/** Notes what the reader points with: the tools stand at the message under the mouse, or at the one in focus, never at both. */
function tellBy({ currentTarget }: { currentTarget: EventTarget & HTMLElement }, by: "pointer" | "touch" | "keys"): void {
  currentTarget.dataset["by"] = by;
}

const isFocusable = (row: Row | undefined): boolean => row !== undefined && row.kind !== "day" && row.kind !== "unread" && row.kind !== "cleared";

export function TimelineView({ model, title, unread, onEdit, onReaders, onPerson, onLeave, onMarkedUnread, onSearch, landing, addressOf, files }: TimelineViewProps) {
  const { t } = useLingui();
  const view = useReadable(model);
  const { rows, timeline } = view;
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const [found, setFound] = useState<number | null>(null);
  /** The message of the address is not there. */
  const [missed, setMissed] = useState(false);
  const [tappedKey, setTappedKey] = useState<string | null>(null);
  const focusWanted = useRef<string | null>(null);
  const { scroller, virtualizer, items, atEnd, showPosition, showRow } = useTimelineScroll(model, view, activeKey, files.height);
  const lineInSight = items.some((item) => rows[item.index]?.kind === "unread");
  const chosenKey = open !== null && "anchor" in open ? open.item.key : null;
  const tabStopKey = rows.some((row) => row.key === activeKey) ? activeKey : (rows.findLast(isFocusable)?.key ?? null);

  useEffect(() => model.start(), [model]);

  const focusRow = () => {
    if (focusWanted.current === null) return;
    const element = [...(scroller.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])].find((row) => row.dataset["row"] === focusWanted.current);
    if (!element) return;
    focusWanted.current = null;
    element.focus({ preventScroll: true });
  };
  useEffect(focusRow);

  useEffect(() => {
    if (landing === null) return undefined;
    const { n, focus } = landing;
    let wanted = true;
    showPosition(n);
    void model.jumpTo(n).then((done) => {
      if (!wanted) return;
      const { rows: now, timeline: loaded } = model.snapshot();
      const row = now[indexOfPosition(now, n)];
      setMissed(row === undefined && done && loaded.error === null);
      if (row === undefined) return;
      setFound(n);
      showPosition(n);
      setActiveKey(row.key);
      if (focus) focusWanted.current = row.key;
    });
    return () => {
      wanted = false;
    };
  }, [landing, model, showPosition]);

  // Choosing «react» in the menu opens the next thing before the menu says that it has closed.
  const close = (which: Open) => setOpen((now) => (now === which ? null : now));
  const goTo = (n: number) => {
    setFound(n);
    void model.jumpTo(n).then((done) => done && showPosition(n));
  };
  const actions = useMemo<RowActions>(
    () => ({
      openMenu: (item, anchor) => setOpen(item.kind === "message" ? { kind: "menu", item, anchor } : { kind: "pending", item, anchor }),
      react: (item, emoji) => void model.react(item, emoji),
      editUnsent: (item) => void model.editUnsent(item.txnId).then((done) => done && onLeave()),
      cancelUnsent: (item) => {
        void model.removeUnsent(item.txnId);
        onLeave();
      },
      openReactions: (item, anchor) => setOpen({ kind: "reactions", item, anchor }),
      openReaders: onReaders,
      openPerson: onPerson,
      openHistory: (item) => setOpen({ kind: "history", item }),
      reply: (item) => {
        model.replyTo(item.n);
        onLeave();
      },
      jumpTo: (n) => {
        setFound(n);
        void model.jumpTo(n).then((done) => done && showPosition(n));
      },
    }),
    [model, onReaders, onPerson, onLeave, showPosition],
  );

  const messageOf = (element: Element): MessageItem | PendingItem | null => {
    const key = element.closest<HTMLElement>("[data-row]")?.dataset["row"];
    const row = rows.find((candidate) => candidate.key === key);
    return row?.kind === "message" || row?.kind === "pending" ? row.item : null;
  };
  /** At the pointer, else at the message's own button. */
  const openMenuAt = (element: Element, at?: { x: number; y: number }) => {
    const item = messageOf(element);
    if (item) actions.openMenu(item, at ?? element.closest("[data-row]")?.querySelector(".msg-tools button:last-child") ?? element);
    return item !== null;
  };
  const longPress = useLongPress(openMenuAt);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    tellBy(event, "keys");
    const onRow = event.target instanceof HTMLElement && event.target.dataset["row"] !== undefined;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (event.key === "Escape") {
      event.stopPropagation();
      onLeave();
    } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey) || (event.key === "Enter" && onRow && plain)) {
      if (event.target instanceof Element && openMenuAt(event.target)) event.preventDefault();
    } else if (onRow && plain) moveFocus(event);
  };

  /** The long press cannot be seen: a tap on the words shows the button that does the same. */
  const onTap = ({ target, currentTarget }: MouseEvent<HTMLElement>) => {
    if (currentTarget.dataset["by"] !== "touch" || !(target instanceof Element) || target.closest("a, button, input")) return;
    const key = target.closest<HTMLElement>("[data-row]")?.dataset["row"] ?? null;
    setTappedKey((now) => (now === key ? null : key));
  };

  const moveFocus = (event: KeyboardEvent<HTMLElement>) => {
    const focusable = rows.filter(isFocusable);
    const to = nextIndex(event.key, focusable.findIndex((row) => row.key === tabStopKey), focusable.length);
    const row = to === null ? undefined : focusable[to];
    if (!row) return;
    event.preventDefault();
    focusWanted.current = row.key;
    setActiveKey(row.key);
    showRow(row);
    // Where nothing is drawn anew, no effect runs: a wish left over would take the focus from the composer later.
    focusRow();
  };

  const row = (one: Row) => {
    const tabStop = one.key === tabStopKey;
    switch (one.kind) {
      case "day":
        return <DayRow at={one.at} now={model.now()} />;
      case "unread":
        return <UnreadRow />;
      case "cleared":
        return <ClearedRow at={one.at} onSearch={onSearch} onUncover={() => void model.uncover()} />;
      case "notice":
        return <NoticeRow item={one.item} model={model} tabStop={tabStop} />;
      case "pending":
        return <PendingRow item={one.item} head={one.head} model={model} actions={actions} tabStop={tabStop} chosen={one.key === chosenKey} />;
      case "message":
        return (
          <MessageRow
            item={one.item}
            head={one.head}
            tail={one.tail}
            model={model}
            actions={actions}
            files={files}
            tabStop={tabStop}
            found={one.item.n === found}
            chosen={one.key === chosenKey}
            tapped={one.key === tappedKey}
            newest={one === rows.at(-1)}
          />
        );
    }
  };

  return (
    <div className="timeline">
      <div
        className="timeline-scroll"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t`ข้อความในห้อง ${title}`}
        aria-busy={timeline.loading === "first"}
        onClick={onTap}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          if (event.currentTarget.dataset["by"] !== "touch") tellBy(event, "keys");
          const key = event.target.closest<HTMLElement>("[data-row]")?.dataset["row"];
          if (key !== undefined) setActiveKey(key);
        }}
        onContextMenu={(event) => {
          // The browser's own menu stays where it is needed: on links and selected text.
          if (window.getSelection()?.isCollapsed === false || (event.target as Element).closest("a")) return;
          // The menu key of a keyboard says no place of the pointer's.
          const at = event.button === 2 ? { x: event.clientX, y: event.clientY } : undefined;
          if (openMenuAt(event.target as Element, at)) event.preventDefault();
        }}
        {...longPress}
        onPointerDown={(event) => {
          tellBy(event, event.pointerType === "mouse" ? "pointer" : "touch");
          longPress.onPointerDown(event);
        }}
        onPointerMove={(event) => {
          if (event.pointerType === "mouse") tellBy(event, "pointer");
          longPress.onPointerMove(event);
        }}
      >
        {(timeline.loading === "first" || timeline.hasOlder) && rows.length === 0 && timeline.error === null && (
          <Loading label={t`กำลังโหลดข้อความ`} />
        )}
        {timeline.loading === "none" && rows.length === 0 && !timeline.hasOlder && timeline.error === null && (
          <EmptyState icon="message" title={t`ยังไม่มีข้อความ`}>
            <Trans>พิมพ์ข้อความแรกได้ที่ช่องด้านล่าง</Trans>
          </EmptyState>
        )}
        <div className="timeline-space" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const one = rows[item.index];
            if (!one) return null;
            // Each row at its own place: a row above that turns out taller then moves nothing the reader looks at.
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtualizer.measureElement}
                className="timeline-row"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {row(one)}
              </div>
            );
          })}
        </div>
      </div>
      {/* Over the messages, not among them: what comes and goes must not move them. */}
      {timeline.loading === "older" && (
        <div className="timeline-loading">
          <Loading label={t`กำลังโหลดข้อความก่อนหน้า`} />
        </div>
      )}
      {timeline.loading === "newer" && (
        <div className="timeline-loading timeline-loading-newer">
          <Loading label={t`กำลังโหลดข้อความถัดไป`} />
        </div>
      )}
      {timeline.error !== null && (
        <div className="timeline-error">
          <Notice kind="warn" live action={<Button onPress={model.loadOlder}>{t`ลองใหม่`}</Button>}>
            {reasonText(timeline.error)}
          </Notice>
        </div>
      )}
      {missed && landing !== null && (
        <div className="timeline-error">
          <Notice kind="warn" live action={<Button onPress={() => setMissed(false)}>{t`ปิด`}</Button>}>
            <Trans>ไม่พบข้อความนี้ในห้อง ที่อยู่อาจไม่ถูกต้อง</Trans>
          </Notice>
        </div>
      )}
      <AttemptNotice model={model} hidden={open?.kind === "retract"} />
      {!atEnd && (
        <JumpBar
          unread={unread}
          onNewest={() => void model.jumpToNewest().then(() => virtualizer.scrollToEnd())}
          onFirstUnread={timeline.unreadLine === null || lineInSight ? null : () => goTo(timeline.unreadLine ?? 0)}
        />
      )}
      <TypingLine model={model} />
      <Announcer model={model} />
      <Opened open={open} model={model} onClose={close} onOpen={setOpen} onEdit={onEdit} onMarkedUnread={onMarkedUnread} addressOf={addressOf} actions={actions} files={files} />
    </div>
  );
}

/** Why what was asked of a message was not done. */
function AttemptNotice({ model, hidden }: { model: TimelineModel; hidden: boolean }) {
  const { t } = useLingui();
  const { failure } = useReadable(model.attempt);
  if (failure === null || hidden) return null;
  return (
    <div className="timeline-error timeline-refused">
      <FailureNotice failure={failure} />
      <IconButton icon="close" size="s" label={t`ปิด`} onPress={() => model.attempt.clear()} />
    </div>
  );
}

interface OpenedProps {
  open: Open | null;
  model: TimelineModel;
  onClose: (which: Open) => void;
  onOpen: (open: Open) => void;
  onEdit: (item: MessageItem) => void;
  onMarkedUnread: () => void;
  addressOf: (n: number) => string;
  actions: RowActions;
  files: FilesShow;
}

/** The one menu, picker or dialog that is open over the messages. */
function Opened({ open, model, onClose, onOpen, onEdit, onMarkedUnread, addressOf, actions, files }: OpenedProps) {
  const { t } = useLingui();
  if (open === null) return null;
  const close = () => onClose(open);
  if (open.kind === "pending") {
    const { item, anchor } = open;
    const commands = { copy: () => void copyText(item.text), edit: () => actions.editUnsent(item), cancel: () => actions.cancelUnsent(item) };
    return <AnchoredMenu anchor={anchor} label={t`ตัวเลือกของข้อความนี้`} onClose={close} actions={pendingActions(item, commands)} />;
  }
  const { item } = open;
  switch (open.kind) {
    case "menu":
      return (
        <AnchoredMenu
          anchor={open.anchor}
          label={t`ตัวเลือกของข้อความนี้`}
          onClose={close}
          actions={messageActions(item, model, {
            reply: () => actions.reply(item),
            react: () => onOpen({ kind: "reactions", item, anchor: open.anchor }),
            open: files.opener(item),
            download: files.downloader(item),
            copy: () => void copyText(item.text),
            copyAddress: () => void copyText(addressOf(item.n)),
            edit: () => onEdit(item),
            history: () => onOpen({ kind: "history", item }),
            readers: () => actions.openReaders(item.n),
            markUnread: () => void model.markUnread(item.n).then((done) => done && onMarkedUnread()),
            retract: () => onOpen({ kind: "retract", item }),
          })}
        />
      );
    case "reactions":
      return (
        <AnchoredPanel anchor={open.anchor} label={t`แสดงความรู้สึก`} onClose={close}>
          <EmojiGrid
            label={t`แสดงความรู้สึก`}
            emoji={REACTIONS}
            onPick={(emoji) => {
              void model.react(item, emoji);
              close();
            }}
          />
        </AnchoredPanel>
      );
    case "history":
      return <HistoryDialog item={item} model={model} onClose={close} />;
    case "retract":
      return <RetractDialog item={item} model={model} onClose={close} />;
  }
}
