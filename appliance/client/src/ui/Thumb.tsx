/** A small picture of a file of ours, or the icon of its kind where there is none. */
import { useEffect, useRef, useState } from "react";

import { Icon, type IconName } from "./Icon";

interface ThumbProps {
  picture: Blob | null;
  /** Where there is one when this page has none. */
  address: string | null;
  icon: IconName;
}

export function Thumb({ picture, address, icon }: ThumbProps) {
  const image = useRef<HTMLImageElement>(null);
  const [broken, setBroken] = useState<string | null>(null);
  useEffect(() => {
    const element = image.current;
    if (element === null || picture === null) return undefined;
    const made = URL.createObjectURL(picture);
    element.src = made;
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  const shown = picture === null && address !== broken ? address : null;
  return (
    <span className="attached-thumb" aria-hidden>
      {picture !== null ? <img ref={image} alt="" /> : shown !== null ? <img src={shown} alt="" onError={() => setBroken(shown)} /> : <Icon name={icon} size="l" />}
    </span>
  );
}
