/** A history for tests. */
import type { HistoryPort } from "./location";

/** A tab's history as browsers keep it; Back and links are told at once. */
export function fakeTab(start = "/rooms") {
  let entries: { state: unknown; hash: string }[] = [{ state: null, hash: start }];
  let index = 0;
  let moved = (): void => undefined;
  const here = () => entries[index] as { state: unknown; hash: string };
  const step = (by: number): void => {
    if (index + by < 0 || index + by >= entries.length) return;
    index += by;
    moved();
  };
  const port: HistoryPort = {
    hash: () => here().hash,
    state: () => structuredClone(here().state),
    push: (state, hash) => {
      entries = [...entries.slice(0, index + 1), { state, hash }];
      index += 1;
    },
    replace: (state, hash) => {
      entries[index] = { state, hash };
    },
    back: () => step(-1),
    subscribe: (listener) => (moved = listener),
  };
  const link = (hash: string): void => {
    port.push(null, hash);
    moved();
  };
  return { port, back: () => step(-1), forward: () => step(1), link, hash: () => here().hash, length: () => entries.length };
}
