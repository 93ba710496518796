/** One picture on the dark: fits at first, grows by buttons, keys, wheel, double press and two fingers, and is moved by one. */
import { useLingui } from "@lingui/react/macro";
import { type CSSProperties, type PointerEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";

import { Icon } from "#ui/Icon";

import { FIT, fitted, moved, type Size, STEP, swiped, type Zoom, zoomed } from "./zoom";

export interface StageHandle {
  readonly grow: () => void;
  readonly shrink: () => void;
  readonly fit: () => void;
  /** Moves what is larger than the stage; false when it fits. */
  readonly push: (x: number, y: number) => boolean;
}

interface StageProps {
  src: string;
  /** Shown until the picture is there. */
  small: string | null;
  alt: string;
  handle: Ref<StageHandle>;
  onStep: (by: -1 | 1) => void;
  onScale: (scale: number) => void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const DOUBLE_MS = 320;

export function Stage({ src, small, alt, handle, onStep, onScale }: StageProps) {
  const { t } = useLingui();
  const stage = useRef<HTMLDivElement>(null);
  const [natural, setNatural] = useState<Size>({ width: 0, height: 0 });
  const [state, setState] = useState<"coming" | "here" | "failed">("coming");
  const [zoom, setZoom] = useState<Zoom>(FIT);
  const box = () => stage.current?.getBoundingClientRect() ?? new DOMRect();
  const change = (how: (zoom: Zoom, picture: Size, stage: Size) => Zoom) => {
    const { width, height } = box();
    setZoom((now) => how(now, fitted(natural, { width, height }), { width, height }));
  };
  const growBy = (factor: number, at: Point = { x: 0, y: 0 }) => change((now, picture, within) => zoomed(now, factor, at, picture, within));
  useEffect(() => onScale(zoom.scale), [zoom.scale, onScale]);
  useImperativeHandle(handle, () => ({
    grow: () => growBy(STEP),
    shrink: () => growBy(1 / STEP),
    fit: () => setZoom(FIT),
    push: (x, y) => {
      change((now, picture, within) => moved(now, { x, y }, picture, within));
      return zoom.scale > 1;
    },
  }));
  const gestures = useGestures({
    middle: () => {
      const { left, top, width, height } = box();
      return { x: left + width / 2, y: top + height / 2 };
    },
    grow: growBy,
    move: (by) => change((now, picture, within) => moved(now, by, picture, within)),
    swipe: (by) => {
      const to = zoom.scale === 1 ? swiped(by, box()) : 0;
      if (to !== 0) onStep(to);
    },
    press: (at) => (zoom.scale > 1 ? setZoom(FIT) : growBy(2 * STEP, at)),
  });
  useWheel(stage, growBy);
  const style: CSSProperties = { transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` };
  return (
    <div ref={stage} className={`stage ${zoom.scale > 1 ? "stage-large" : ""}`} {...gestures}>
      {small !== null && state === "coming" && <img className="stage-picture stage-small" src={small} alt="" draggable={false} style={style} />}
      {state === "failed" ? (
        <p className="stage-failed" role="alert">
          <Icon name="offline" size="l" />
          {t`โหลดภาพไม่ได้ โปรดตรวจสอบการเชื่อมต่อ`}
        </p>
      ) : (
        <img
          className="stage-picture"
          src={src}
          alt={alt}
          draggable={false}
          style={style}
          onLoad={({ currentTarget }) => {
            setNatural({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight });
            setState("here");
          }}
          onError={() => setState("failed")}
        />
      )}
    </div>
  );
}

interface Gestures {
  middle: () => Point;
  grow: (factor: number, at: Point) => void;
  move: (by: Point) => void;
  swipe: (by: Point) => void;
  /** Twice in short order, where a picture is. */
  press: (at: Point) => void;
}

/** One finger moves or swipes, two grow; a mouse moves. */
function useGestures({ middle, grow, move, swipe, press }: Gestures) {
  const fingers = useRef(new Map<number, Point>());
  const begun = useRef<Point | null>(null);
  const pressed = useRef(0);
  const end = ({ pointerId, clientX: x, clientY: y, type, timeStamp }: PointerEvent) => {
    const had = fingers.current.delete(pointerId);
    const from = begun.current;
    if (!had || fingers.current.size > 0 || from === null) return;
    begun.current = null;
    const by = { x: x - from.x, y: y - from.y };
    if (type !== "pointerup") return;
    if (Math.hypot(by.x, by.y) > 10) return swipe(by);
    const isDouble = timeStamp - pressed.current < DOUBLE_MS;
    pressed.current = isDouble ? 0 : timeStamp;
    if (isDouble) press({ x: x - middle().x, y: y - middle().y });
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      // What two fingers do is no swipe.
      begun.current = fingers.current.size === 1 ? { x: event.clientX, y: event.clientY } : null;
    },
    onPointerMove: ({ pointerId, clientX: x, clientY: y }: PointerEvent) => {
      const before = fingers.current.get(pointerId);
      if (before === undefined) return;
      const other = [...fingers.current].find(([id]) => id !== pointerId)?.[1];
      fingers.current.set(pointerId, { x, y });
      if (other === undefined) return move({ x: x - before.x, y: y - before.y });
      const apart = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
      const { x: midX, y: midY } = middle();
      grow(apart({ x, y }) / apart(before), { x: (x + other.x) / 2 - midX, y: (y + other.y) / 2 - midY });
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}

/** A wheel grows what is under the pointer. React's own listener may not keep the page from scrolling. */
function useWheel(stage: { readonly current: HTMLDivElement | null }, grow: (factor: number, at: Point) => void): void {
  const latest = useRef(grow);
  useEffect(() => {
    latest.current = grow;
  });
  useEffect(() => {
    const element = stage.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top, width, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
      latest.current(Math.exp(-event.deltaY / 400), { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 });
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [stage]);
}
