/**
 * The focus is never lost (WCAG 2.4.3): where the element that has it leaves the page, as a card that was answered does, or
 * a dialog closes and what opened it is gone, the focus goes to the nearest place around it: what holds it and takes the
 * focus itself, else the title of its section or panel, else the main landmark. It never goes to another button: who
 * presses Enter twice must not answer the next request too.
 * Does nothing where another part gives the focus a place of its own: it looks only after that part had its turn.
 */

/** An element that had the focus, and all that held it, the innermost first. */
interface Held {
  readonly path: readonly Element[];
  /** The keyboard was in use, so the page may scroll to where the focus goes; under a mouse it stays as it is. */
  readonly byKeys: boolean;
}

const TITLE = ":scope > * > :is(h2, h3)[tabindex]";
const MAIN = "main, [role=main]";

/** Watches the page from now on. */
export function keepFocus(): void {
  /** One for each layer of the page, the topmost last: where a dialog was opened from is below it. */
  let trail: readonly Held[] = [];
  let waiting = false;

  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof Element)) return;
    const path = pathOf(target);
    const layer = trail.findIndex((held) => held.path.at(-1) === path.at(-1));
    trail = [...trail.slice(0, layer === -1 ? trail.length : layer), { path, byKeys: target.matches(":focus-visible") }];
  });

  const isLost = () => !hasFocus() && trail.at(-1)?.path[0]?.isConnected === false;
  const look = () => {
    waiting = false;
    if (!isLost()) return;
    const lost = trail;
    trail = [];
    if (![...lost].reverse().some(placeNear)) take(document.querySelector(MAIN), false);
  };
  new MutationObserver(() => {
    if (waiting || !isLost()) return;
    waiting = true;
    // Dialogs give the focus back within a frame, and panes take it once they are drawn.
    requestAnimationFrame(() => requestAnimationFrame(look));
  }).observe(document.body, { childList: true, subtree: true });
}

function pathOf(element: Element): readonly Element[] {
  const path: Element[] = [];
  for (let at: Element | null = element; at !== null && at !== document.body; at = at.parentElement) path.push(at);
  return path;
}

function hasFocus(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}

function placeNear({ path, byKeys }: Held): boolean {
  // What merely scrolls takes the focus in some browsers and not in others: a place says that it is one.
  const isPlace = (element: Element) => element === path[0] || element.hasAttribute("tabindex");
  return path.some((element) => element.isConnected && ((isPlace(element) && take(element, byKeys)) || take(element.querySelector(TITLE), byKeys)));
}

/** Whether the element took the focus: what is hidden, or cannot have it, does not. */
function take(element: Element | null, scroll: boolean): boolean {
  if (!(element instanceof HTMLElement)) return false;
  element.focus({ preventScroll: !scroll });
  return document.activeElement === element;
}
