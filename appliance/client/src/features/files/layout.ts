/**
 * How much room files take in a message, in rem, before any byte of them has come. Pure.
 *
 * Rules: one picture keeps its proportions, within limits; several stand in a grid of squares. The view draws by the same
 * numbers, so that nothing moves when a picture arrives.
 */
import type { FileView } from "#core/protocol";

import { placeOf } from "./sources";
import { isUnscanned } from "./standing";

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** The largest box of a single picture, and the smallest side that can still be pressed and seen. */
const WIDEST = 22;
const TALLEST = 20;
const SMALLEST = 5;
/** Of a picture whose size nobody knows. */
const UNKNOWN: Box = { width: 16, height: 12 };
const PIXELS_A_REM = 16;

/** The box of a single picture: never larger than the picture itself, and never thinner than a finger needs. */
export function boxOf(width: number | null | undefined, height: number | null | undefined): Box {
  if (!isLength(width) || !isLength(height)) return UNKNOWN;
  const fits = Math.min(WIDEST / width, TALLEST / height, 1 / PIXELS_A_REM);
  const within = (side: number, most: number) => rounded(Math.min(most, Math.max(SMALLEST, side * fits)));
  return { width: within(width, WIDEST), height: within(height, TALLEST) };
}

function isLength(value: number | null | undefined): value is number {
  return value != null && Number.isFinite(value) && value > 0;
}

function rounded(rem: number): number {
  return Math.round(rem * 100) / 100;
}

export interface Grid {
  readonly columns: number;
  /** So many tiles are drawn; the last one says how many more there are. */
  readonly shown: number;
  readonly more: number;
}

const MOST_TILES = 9;
const TILE = 9;
const GAP = 0.25;

/** Two and four stand in two columns, all others in three. */
export function gridOf(count: number): Grid {
  const shown = Math.min(count, MOST_TILES);
  return { columns: count === 2 || count === 4 ? 2 : 3, shown, more: count - shown };
}

const CARD = 4.25;
const PLAYER = 4;
const LINE = 1.75;

/** About how high the files of a message stand, in rem. */
export function heightOf(files: readonly FileView[]): number {
  const places = files.map((file) => ({ file, place: placeOf(file) }));
  const pictures = places.filter(({ place }) => place === "picture" || place === "film");
  const cards = places.filter(({ place }) => place === "card").length * CARD;
  const players = places.filter(({ place }) => place === "player").length * PLAYER;
  const said = files.filter((file) => (file.state !== "clean" && !isUnscanned(file)) || file.original === true).length;
  const lines = (said + (files.some(isUnscanned) ? 1 : 0)) * LINE;
  return picturesHeight(pictures.map(({ file }) => file)) + cards + players + lines;
}

function picturesHeight(files: readonly FileView[]): number {
  const [first] = files;
  if (first === undefined) return 0;
  if (files.length === 1) return boxOf(first.width, first.height).height + GAP;
  const { columns, shown } = gridOf(files.length);
  return Math.ceil(shown / columns) * (TILE + GAP);
}
