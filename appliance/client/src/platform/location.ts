/**
 * The address bar and the browser's Back.
 *
 * Rules: the part after `#` says which screen is open. What lies over the screen (a dialog, a menu, the search) is a layer:
 * opening one adds a history entry of the same address, so that Back closes the topmost layer and leaves the screen as it
 * is. An entry whose layer was closed in another way is spent: the next step takes its place, and Back passes over it.
 */

export interface LocationPort {
  /** Without the leading `#`. */
  hash(): string;
  push(hash: string): void;
  replace(hash: string): void;
  /** Called after each change of the address, of the layers, or of the place in the history. */
  subscribe(listener: () => void): () => void;
}

/** A layer as its owner holds it. */
export interface Layer {
  /** Where it lies among the others; given again, a layer that was not closed after all takes its old place. */
  readonly rank: number;
  /** True while no page was opened above it. */
  isOnTop(): boolean;
  /** It was closed in another way than by Back. Safe to call twice. */
  release(): void;
}

export interface LayerOptions {
  readonly rank?: number;
  /** The screen under the layer, when opening it changes that. */
  readonly hash?: string;
  /** Pages opened from this layer lie above it, and Back from them returns to it; others give way to the page. */
  readonly stays?: boolean;
}

export interface LayersPort {
  open(onBack: () => void, options?: LayerOptions): Layer;
}

/** The part of the browser's history that is used here. */
export interface HistoryPort {
  hash(): string;
  state(): unknown;
  push(state: unknown, hash: string): void;
  replace(state: unknown, hash: string): void;
  back(): void;
  /** Called when the browser has moved in the history, or followed a link. */
  subscribe(listener: () => void): void;
}

/** What is noted at each history entry. */
interface Entry {
  readonly at: number;
  readonly layer: boolean;
}

interface Open {
  readonly rank: number;
  readonly onBack: () => void;
  readonly stays: boolean;
  /** Its entry; null when a page has taken that. */
  at: number | null;
}

export class PageLocation implements LocationPort, LayersPort {
  readonly #history: HistoryPort;
  readonly #listeners = new Set<() => void>();
  /** From the bottom to the top. */
  #layers: Open[] = [];
  #here: Entry;
  #ranks = 0;

  constructor(history: HistoryPort) {
    this.#history = history;
    this.#here = this.#entryHere(0);
    history.subscribe(() => this.#moved());
  }

  readonly hash = (): string => this.#history.hash();

  readonly push = (hash: string): void => {
    const under = this.#layers.find((layer) => layer.at === this.#here.at);
    if (this.#here.layer && under?.stays !== true) {
      if (under !== undefined) under.at = null;
      this.#write("replace", { at: this.#here.at, layer: false }, hash);
    } else {
      this.#write("push", { at: this.#here.at + 1, layer: false }, hash);
    }
  };

  readonly replace = (hash: string): void => this.#write("replace", this.#here, hash);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly open = (onBack: () => void, options: LayerOptions = {}): Layer => {
    const { rank = (this.#ranks += 1), hash = this.hash(), stays = false } = options;
    const how = this.#isSpent(this.#here) ? "replace" : "push";
    const layer: Open = { rank, onBack, stays, at: how === "replace" ? this.#here.at : this.#here.at + 1 };
    this.#layers = [...this.#layers, layer];
    this.#order();
    this.#write(how, { at: how === "replace" ? this.#here.at : this.#here.at + 1, layer: true }, hash);
    return {
      rank,
      isOnTop: () => this.#layers.includes(layer) && layer.at === this.#here.at,
      release: () => {
        if (!this.#layers.includes(layer)) return;
        this.#layers = this.#layers.filter((other) => other !== layer);
        this.#tell();
      },
    };
  };

  #moved(): void {
    const left = this.#here;
    const spent = this.#isSpent(left);
    this.#here = this.#entryHere(left.at + 1);
    const steps = left.at - this.#here.at;
    const closing = steps > 0 ? this.#closedAbove(this.#here.at) : [];
    for (const layer of closing) layer.onBack();
    if (steps === 1 && spent && closing.length === 0) this.#history.back();
    else this.#tell();
  }

  /** Takes the topmost layers away, as many as have entries above this one; the others keep the entries that are left. */
  #closedAbove(at: number): Open[] {
    const gone = this.#layers.filter((layer) => layer.at !== null && layer.at > at).length;
    const closing = this.#layers.slice(this.#layers.length - gone).reverse();
    const entries = this.#entries().slice(0, -gone || undefined);
    this.#layers = this.#layers.filter((layer) => !closing.includes(layer));
    this.#assign(entries);
    return closing;
  }

  #entries(): number[] {
    return this.#layers.flatMap(({ at }) => at ?? []).sort((a, b) => a - b);
  }

  #order(): void {
    const entries = this.#entries();
    this.#layers = [...this.#layers].sort((a, b) => a.rank - b.rank);
    this.#assign(entries);
  }

  #assign(entries: readonly number[]): void {
    const left = [...entries];
    for (const layer of this.#layers) if (layer.at !== null) layer.at = left.shift() ?? null;
  }

  #isSpent({ at, layer }: Entry): boolean {
    return layer && !this.#layers.some((open) => open.at === at);
  }

  /** The entry the browser is at; one that a link has made, or another page, gets the number `next`. */
  #entryHere(next: number): Entry {
    const state = this.#history.state() as Partial<Entry> | null;
    if (typeof state?.at === "number" && typeof state.layer === "boolean") return { at: state.at, layer: state.layer };
    const entry = { at: next, layer: false };
    this.#history.replace(entry, this.hash());
    return entry;
  }

  #write(how: "push" | "replace", entry: Entry, hash: string): void {
    this.#history[how](entry, hash);
    this.#here = entry;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The history of this window. */
export function browserHistory(): HistoryPort {
  return {
    hash: () => location.hash.slice(1),
    state: () => history.state as unknown,
    push: (state, hash) => history.pushState(state, "", `#${hash}`),
    replace: (state, hash) => history.replaceState(state, "", `#${hash}`),
    back: () => history.back(),
    subscribe: (listener) => window.addEventListener("popstate", listener),
  };
}

/** The full address of a screen, as it is sent to others. */
export function pageAddress(hash: string): string {
  return `${location.origin}${location.pathname}#${hash}`;
}
