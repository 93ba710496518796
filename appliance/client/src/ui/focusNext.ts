/**
 * Leads the focus on to what an action has made next, one frame later, once that is drawn and the press that asked for it
 * is over.
 *
 * Rule: the focus is never taken from a person who has moved on. It goes to the new place only while it is still inside
 * `from`, where the action began, or nowhere; on a slow device, or after a slow answer, it may be at a button by then, and
 * the Enter that was meant for that button would be lost.
 */
export function focusNext(from: Element | null, find: () => HTMLElement | null): void {
  requestAnimationFrame(() => {
    if (isStillIn(from)) find()?.focus();
  });
}

function isStillIn(from: Element | null): boolean {
  const held = document.activeElement;
  return held === null || held === document.body || from?.contains(held) === true;
}
