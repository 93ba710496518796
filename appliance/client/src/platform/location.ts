/** The address bar as a port: the part after `#` says which screen is open, so Back and deep links work. */
export interface LocationPort {
  /** Without the leading `#`. */
  hash(): string;
  push(hash: string): void;
  replace(hash: string): void;
  subscribe(listener: () => void): () => void;
}

export function browserLocation(): LocationPort {
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  window.addEventListener("popstate", tell);
  const move = (how: "pushState" | "replaceState", hash: string): void => {
    history[how](null, "", `#${hash}`);
    tell();
  };
  return {
    hash: () => location.hash.slice(1),
    push: (hash) => move("pushState", hash),
    replace: (hash) => move("replaceState", hash),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
