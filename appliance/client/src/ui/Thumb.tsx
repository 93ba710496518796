/** A small picture of a file that this page has, or the icon of its kind where there is none. */
import { useEffect, useRef } from "react";

import { Icon, type IconName } from "./Icon";

export function Thumb({ picture, icon }: { picture: Blob | null; icon: IconName }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const element = image.current;
    if (element === null || picture === null) return undefined;
    const address = URL.createObjectURL(picture);
    element.src = address;
    return () => URL.revokeObjectURL(address);
  }, [picture]);
  return (
    <span className="attached-thumb" aria-hidden>
      {picture === null ? <Icon name={icon} size="l" /> : <img ref={image} alt="" />}
    </span>
  );
}
