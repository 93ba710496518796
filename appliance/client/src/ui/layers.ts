/** What lies over the screen closes with the browser's Back, the topmost first: on a phone that is how people close it. */
import { createContext, useContext, useEffect, useRef, useState } from "react";

import type { LayersPort } from "#platform/location";

/** The page's layers; without them, as in a gallery of components, Back is the browser's alone. */
export const LayersContext = createContext<LayersPort | null>(null);

/** Lets Back call `onClose` while the component is open. One that stays open all the same is closed by the next Back. */
export function useCloseOnBack(onClose: () => void, isOpen = true): void {
  const layers = useContext(LayersContext);
  const [turn, setTurn] = useState(0);
  const close = useRef(onClose);
  const rank = useRef<number | undefined>(undefined);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    if (!isOpen) rank.current = undefined;
    if (layers === null || !isOpen) return undefined;
    const onBack = () => {
      setTurn((now) => now + 1);
      close.current();
    };
    const layer = layers.open(onBack, rank.current === undefined ? {} : { rank: rank.current });
    rank.current = layer.rank;
    return () => layer.release();
  }, [layers, isOpen, turn]);
}
