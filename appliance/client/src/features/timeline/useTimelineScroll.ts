/**
 * The scrolling of a timeline: where it opens, that it stays put when older messages arrive, that it follows the newest
 * when the reader is there, when to ask for more, and which bodies have been on the screen. DOM only.
 */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef } from "react";

import { indexOfPosition, openingIndex, type Row } from "./rows";
import type { TimelineModel, TimelineView } from "./TimelineModel";

const ASK_WITHIN_ROWS = 8;
/** How much of a body must be on the screen before it counts as seen. */
const SEEN_PX = 32;
const AT_END_PX = 80;

function estimate(row: Row | undefined): number {
  switch (row?.kind) {
    case "day":
    case "unread":
    case "notice":
    case undefined:
      return 40;
    case "message":
    case "pending":
      return (row.head ? 58 : 30) + Math.floor(row.item.text.length / 70) * 24;
  }
}

export function useTimelineScroll(model: TimelineModel, view: TimelineView, activeKey: string | null) {
  const scroller = useRef<HTMLDivElement>(null);
  const opened = useRef(false);
  const wanted = useRef<number | null>(null);
  const { rows, timeline } = view;
  const activeIndex = rows.findIndex((row) => row.key === activeKey);

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => estimate(rows[i]),
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 10,
    paddingStart: 12,
    paddingEnd: 8,
    scrollPaddingStart: 48,
    scrollPaddingEnd: 8,
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

  useLayoutEffect(() => {
    if (opened.current || rows.length === 0 || timeline.loading === "first") return;
    opened.current = true;
    const { index, align } = openingIndex(rows);
    virtualizer.scrollToIndex(index, { align });
  }, [rows, timeline.loading, virtualizer]);

  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const index = indexOfPosition(rows, wanted.current);
    if (index === -1) return;
    wanted.current = null;
    virtualizer.scrollToIndex(index, { align: "center" });
  }, [rows, virtualizer]);

  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (timeline.loading !== "none" || timeline.error !== null || rows.length === 0 || !opened.current) return;
    if (timeline.hasOlder && first < ASK_WITHIN_ROWS) model.loadOlder();
    else if (timeline.hasNewer && last > rows.length - ASK_WITHIN_ROWS) model.loadNewer();
  }, [first, last, rows.length, timeline, model]);

  useEffect(() => {
    const element = scroller.current;
    if (!element || !opened.current) return;
    const bottom = element.scrollTop + element.clientHeight;
    const seen = virtualizer
      .getVirtualItems()
      .filter((item) => item.start + Math.min(item.size, SEEN_PX) <= bottom)
      .map((item) => rows[item.index])
      .findLast((row) => row?.kind === "message" || row?.kind === "notice");
    if (seen?.kind === "message" || seen?.kind === "notice") model.sawUpTo(seen.item.n);
  });

  useEffect(() => {
    const tell = () => model.setFocused(document.hasFocus() && document.visibilityState === "visible");
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
  }, [model]);

  // A field that grows below, or a panel that opens beside, must not push the newest message out of sight.
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let atEnd = true;
    const note = () => (atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= AT_END_PX);
    const observer = new ResizeObserver(() => {
      if (atEnd && opened.current) virtualizer.scrollToEnd();
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
      const index = indexOfPosition(model.snapshot().rows, n);
      if (index === -1) wanted.current = n;
      else virtualizer.scrollToIndex(index, { align: "center" });
    },
    [model, virtualizer],
  );

  const atEnd = rows.length === 0 || (virtualizer.isAtEnd(AT_END_PX) && !timeline.hasNewer);
  return { scroller, virtualizer, items, atEnd, showPosition };
}
