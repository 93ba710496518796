import { useEffect, useState } from "react";

/**
 * Says when an offer may take its place above the page. An offer that came while somebody reads or points at something would
 * push the page down under their hands: it waits until they go to another place, or until the page is out of sight. What is
 * no longer offered is not due, at once.
 */
export function useNextPlace(offered: boolean, place: string): boolean {
  const [shown, setShown] = useState({ place, due: offered });
  useEffect(() => {
    const away = () => {
      if (document.hidden) setShown((before) => ({ ...before, due: offered }));
    };
    document.addEventListener("visibilitychange", away);
    away();
    return () => document.removeEventListener("visibilitychange", away);
  }, [offered]);
  if (shown.place !== place || (shown.due && !offered)) setShown({ place, due: offered });
  return offered && shown.due;
}
