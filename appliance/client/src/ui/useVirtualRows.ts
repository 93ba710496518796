/** Which rows of a long list are near the screen, and asking for more before its end is reached. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";

const AHEAD = 12;

export function useVirtualRows(count: number, rowPx: number, onNearEnd: () => void) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => rowPx, overscan: AHEAD });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= count - 1) onNearEnd();
  }, [last, count, onNearEnd]);
  return { scroller, items, height: virtualizer.getTotalSize(), measure: virtualizer.measureElement };
}
