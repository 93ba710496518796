import type { KeyboardEvent } from "react";

import { nextIndex } from "#ui/roving";

/** Moves the focus from the field above a list into it, within it, and back; other keys are left alone. DOM only. */
export function moveFocus(event: KeyboardEvent<HTMLElement>, items: string): void {
  const list = [...event.currentTarget.querySelectorAll<HTMLElement>(items)];
  const field = event.currentTarget.querySelector("input");
  const at = list.findIndex((item) => item === document.activeElement);
  const target = at === -1 ? fromField(event.key, field, list) : at === 0 && event.key === "ArrowUp" ? field : within(event.key, at, list);
  if (!target) return;
  event.preventDefault();
  target.focus();
}

function fromField(key: string, field: HTMLElement | null, list: readonly HTMLElement[]): HTMLElement | undefined {
  return key === "ArrowDown" && document.activeElement === field ? list[0] : undefined;
}

function within(key: string, at: number, list: readonly HTMLElement[]): HTMLElement | undefined {
  const to = nextIndex(key, at, list.length);
  return to === null ? undefined : list[to];
}
