/**
 * How a picture lies on its stage: how much larger than fitting, and how far off the middle, in pixels of the stage. Pure.
 *
 * Rules: never smaller than fitting; the picture never leaves the stage further than its edge; what lies under the fingers
 * or the pointer stays there while it grows.
 */

export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export const FIT: Zoom = { scale: 1, x: 0, y: 0 };
export const MOST = 8;
/** One press of a button or key. */
export const STEP = 1.5;

/** Grows by `factor` around a point, which is measured from the middle of the stage. */
export function zoomed(zoom: Zoom, factor: number, at: Point, picture: Size, stage: Size): Zoom {
  const scale = Math.min(MOST, Math.max(1, zoom.scale * factor));
  const grown = scale / zoom.scale;
  return within({ scale, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown }, picture, stage);
}

export function moved(zoom: Zoom, by: Point, picture: Size, stage: Size): Zoom {
  return within({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, picture, stage);
}

/** `picture`: as it is drawn when it fits. */
function within({ scale, x, y }: Zoom, picture: Size, stage: Size): Zoom {
  const room = (side: number, of: number) => Math.max(0, (side * scale - of) / 2);
  const [wide, high] = [room(picture.width, stage.width), room(picture.height, stage.height)];
  // Adding zero makes no negative zero of one.
  return { scale, x: Math.min(wide, Math.max(-wide, x)) + 0, y: Math.min(high, Math.max(-high, y)) + 0 };
}

/** The size of a picture that fits its stage, never drawn larger than it is. */
export function fitted(picture: Size, stage: Size): Size {
  if (picture.width <= 0 || picture.height <= 0) return { width: 0, height: 0 };
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height, 1);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** A finger's way across a picture that fits: to the one before or after it, or nowhere. */
export function swiped(by: Point, stage: Size): -1 | 0 | 1 {
  const far = Math.min(96, stage.width / 5);
  if (Math.abs(by.x) < far || Math.abs(by.x) < 1.5 * Math.abs(by.y)) return 0;
  return by.x < 0 ? 1 : -1;
}
