/** A long press of a finger (500 ms without moving), for what a mouse does with the context menu. */
import { type PointerEvent, useRef } from "react";

const HOLD_MS = 500;
const SLACK_PX = 10;

export function useLongPress(onLongPress: (target: HTMLElement, at: { x: number; y: number }) => void) {
  const held = useRef<{ timer: number; x: number; y: number } | null>(null);
  const cancel = () => {
    if (held.current) window.clearTimeout(held.current.timer);
    held.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === "mouse") return;
      const target = event.target as HTMLElement;
      cancel();
      const at = { x: event.clientX, y: event.clientY };
      held.current = { timer: window.setTimeout(() => onLongPress(target, at), HOLD_MS), ...at };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const start = held.current;
      if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > SLACK_PX) cancel();
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onPointerLeave: cancel,
  };
}
