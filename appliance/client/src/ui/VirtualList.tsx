/** A list of any length: only the rows near the screen are in the document, each says where it stands among how many. */
import type { ReactNode } from "react";

import { useVirtualRows } from "./useVirtualRows";
import "./VirtualList.css";

interface VirtualListProps<T> {
  items: readonly T[];
  /** How many there are, with those that are not loaded yet. */
  total: number;
  keyOf: (item: T) => string;
  /** What a row's height usually is, in pixels; each is measured when it is shown. */
  rowPx: number;
  children: (item: T) => ReactNode;
  /** The end of what is loaded comes near, or nothing is loaded; the same function as long as the list is the same. */
  onNearEnd: () => void;
  end?: ReactNode;
}

export function VirtualList<T>({ items, total, keyOf, rowPx, children, onNearEnd, end }: VirtualListProps<T>) {
  const { scroller, items: shown, height, measure } = useVirtualRows(items.length, rowPx, onNearEnd);
  return (
    <div className="virtual-list" ref={scroller}>
      <ul className="virtual-list-rows" style={{ blockSize: `${height}px` }}>
        {shown.map(({ index, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          return (
            <li
              key={keyOf(item)}
              ref={measure}
              data-index={index}
              aria-setsize={total}
              aria-posinset={index + 1}
              className="virtual-list-row"
              style={{ transform: `translateY(${start}px)` }}
            >
              {children(item)}
            </li>
          );
        })}
      </ul>
      {end}
    </div>
  );
}
