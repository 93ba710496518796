/**
 * The scrolling of a timeline: where it opens, that it stays put when older messages arrive, that it follows the newest
 * when the reader is there, when to ask for more, and which bodies have been on the screen. DOM only.
 */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef } from "react";

import type { MessageItem } from "#core/snapshots";

import { indexOfPosition, onScreen, openingIndex, positionsShown, type Row } from "./rows";
import type { TimelineModel, TimelineView } from "./TimelineModel";

const ASK_WITHIN_ROWS = 8;
const SEEN_MS = 400;
const AT_END_PX = 80;
/** How long a jump holds on to its row while pages arrive around it; a gesture of the reader lets go at once. */
const AIM_MS = 1_000;

type Align = "start" | "center" | "end" | "auto";

interface Aim {
  readonly key: string;
  readonly index: number;
  readonly align: Align;
  readonly until: number;
}

/** Pixels of a rem, which grows with the size of letters. */
function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

function estimate(row: Row | undefined, filesHeight: FilesHeight): number {
  switch (row?.kind) {
    case "day":
    case "unread":
    case "notice":
    case undefined:
      return 40;
    case "cleared":
      return 128;
    case "message":
      return textHeight(row) + (row.item.files.length === 0 ? 0 : filesHeight(row.item) * rem());
    case "pending":
      return textHeight(row);
  }
}

function textHeight({ head, item: { text } }: Extract<Row, { kind: "message" | "pending" }>): number {
  return (head ? 58 : 30) + Math.floor(text.length / 70) * 24;
}

/** About how high the files of a message stand, in rem. */
type FilesHeight = (item: MessageItem) => number;

export function useTimelineScroll(model: TimelineModel, view: TimelineView, activeKey: string | null, filesHeight: FilesHeight) {
  const scroller = useRef<HTMLDivElement>(null);
  const opened = useRef(false);
  const wanted = useRef<number | null>(null);
  const aim = useRef<Aim | null>(null);
  const { rows, timeline } = view;
  const activeIndex = rows.findIndex((row) => row.key === activeKey);

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => estimate(rows[i], filesHeight),
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 10,
    paddingStart: 12,
    paddingEnd: 8,
    // What floats over the messages, the loading line above and the jumps below, never covers the one in focus (A1).
    scrollPaddingStart: 48,
    scrollPaddingEnd: 56,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: AT_END_PX,
    // The row that holds the focus stays in the document even when it is scrolled away.
    rangeExtractor: useCallback(
      (range: Range) => [...new Set([...defaultRangeExtractor(range), ...(activeIndex >= 0 ? [activeIndex] : [])])].sort((a, b) => a - b),
      [activeIndex],
    ),
  });
  const items = virtualizer.getVirtualItems();

  // A row above the fold that turns out another size (the first of a page is no longer the head of its group once the
  // page before it is there) must not move what is being read, whichever way the reader scrolls.
  useLayoutEffect(() => {
    virtualizer.shouldAdjustScrollPositionOnItemSizeChange = (item) => item.start < (virtualizer.scrollOffset ?? 0);
  }, [virtualizer]);

  // The library aims at an index, which an older page arriving meanwhile moves; what is meant is the row.
  const aimAt = useCallback(
    (among: readonly Row[], index: number, align: Align) => {
      const row = among[index];
      if (row === undefined) return;
      aim.current = { key: row.key, index, align, until: performance.now() + AIM_MS };
      virtualizer.scrollToIndex(index, { align });
    },
    [virtualizer],
  );

  useLayoutEffect(() => {
    if (opened.current || rows.length === 0 || !view.ready) return;
    opened.current = true;
    const { index, align } = openingIndex(rows);
    if (align === "end") virtualizer.scrollToEnd();
    else aimAt(rows, index, align);
  }, [rows, view.ready, virtualizer, aimAt]);

  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const index = indexOfPosition(rows, wanted.current);
    if (index === -1) return;
    wanted.current = null;
    aimAt(rows, index, "center");
  }, [rows, aimAt]);

  useLayoutEffect(() => {
    const held = aim.current;
    if (held === null) return;
    const index = performance.now() < held.until ? rows.findIndex((row) => row.key === held.key) : -1;
    if (index === -1) aim.current = null;
    else if (index !== held.index) aimAt(rows, index, held.align);
  }, [rows, aimAt]);

  useEffect(() => {
    const element = scroller.current;
    const release = () => (aim.current = null);
    const gestures = ["wheel", "touchmove", "pointerdown", "keydown"] as const;
    for (const gesture of gestures) element?.addEventListener(gesture, release, { passive: true });
    return () => gestures.forEach((gesture) => element?.removeEventListener(gesture, release));
  }, []);

  // Whoever sends something wants to see it, wherever in the room they were reading.
  const sent = timeline.pending.at(-1)?.txnId;
  const sentBefore = useRef(sent);
  useLayoutEffect(() => {
    const isNew = sent !== undefined && sent !== sentBefore.current && opened.current;
    sentBefore.current = sent;
    if (!isNew) return;
    aim.current = null;
    if (timeline.hasNewer) void model.jumpToNewest().then(() => virtualizer.scrollToEnd());
    else virtualizer.scrollToEnd();
  }, [sent, timeline.hasNewer, model, virtualizer]);

  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (timeline.loading !== "none" || timeline.error !== null || rows.length === 0 || !opened.current) return;
    if (timeline.hasOlder && first < ASK_WITHIN_ROWS) model.loadOlder();
    else if (timeline.hasNewer && last > rows.length - ASK_WITHIN_ROWS) model.loadNewer();
  }, [first, last, rows.length, timeline, model]);

  // What is on the screen is asked a moment later, when the place has settled; one question at a time.
  const asking = useRef<number | null>(null);
  const ask = useCallback(() => {
    if (!opened.current) return;
    asking.current ??= window.setTimeout(() => {
      asking.current = null;
      const element = scroller.current;
      if (element === null) return;
      const seen = onScreen(virtualizer.getVirtualItems(), element.scrollTop, element.scrollTop + element.clientHeight);
      const shown = positionsShown(model.snapshot().rows, seen);
      if (shown !== null) model.saw(...shown);
      model.setAtEnd(virtualizer.isAtEnd(AT_END_PX) && !model.snapshot().timeline.hasNewer);
    }, SEEN_MS);
  }, [model, virtualizer]);
  useEffect(ask);
  useEffect(
    () => () => {
      if (asking.current !== null) window.clearTimeout(asking.current);
      asking.current = null;
    },
    [],
  );

  useEffect(() => {
    const tell = () => {
      model.setFocused(document.hasFocus() && document.visibilityState === "visible");
      ask();
    };
    tell();
    window.addEventListener("focus", tell);
    window.addEventListener("blur", tell);
    document.addEventListener("visibilitychange", tell);
    return () => {
      model.setFocused(false);
      window.removeEventListener("focus", tell);
      window.removeEventListener("blur", tell);
      document.removeEventListener("visibilitychange", tell);
    };
  }, [model, ask]);

  // A field that grows below, or a panel that opens beside, must not push the newest message out of sight.
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let atEnd = true;
    const note = () => (atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= AT_END_PX);
    const observer = new ResizeObserver(() => {
      // A room that opens at its unread line stands where it was aimed at, however short it is for a moment.
      const aimed = aim.current !== null && performance.now() < aim.current.until;
      if (atEnd && !aimed && opened.current) virtualizer.scrollToEnd();
    });
    element.addEventListener("scroll", note, { passive: true });
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", note);
      observer.disconnect();
    };
  }, [virtualizer]);

  /** Scrolls to position `n` as soon as its row is there. */
  const showPosition = useCallback(
    (n: number) => {
      const now = model.snapshot().rows;
      const index = indexOfPosition(now, n);
      if (index === -1) wanted.current = n;
      else aimAt(now, index, "center");
    },
    [model, aimAt],
  );

  const atEnd = rows.length === 0 || (virtualizer.isAtEnd(AT_END_PX) && !timeline.hasNewer);
  const showRow = (row: Row) => aimAt(rows, rows.indexOf(row), "auto");
  return { scroller, virtualizer, items, atEnd, showPosition, showRow };
}
