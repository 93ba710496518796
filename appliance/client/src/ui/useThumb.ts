/** The small picture of an attached file: what was seen of it as it was chosen, else, after a reload, from its kept bytes. */
import { useEffect, useState } from "react";

import type { Attachment, UploadId } from "#core/snapshots";
import { measure } from "#platform/measure";

interface Found {
  readonly id: UploadId;
  readonly picture: Blob | null;
}

export function useThumb({ id, form }: Pick<Attachment, "id" | "form">, seen: Blob | null, bytesOf: (id: UploadId) => Promise<Blob | null>): Blob | null {
  const [found, setFound] = useState<Found | null>(null);
  const isAsked = seen === null && (form === "picture" || form === "video");
  useEffect(() => {
    if (!isAsked) return undefined;
    const over = new AbortController();
    const isOver = () => over.signal.aborted;
    const look = async () => {
      const bytes = await bytesOf(id);
      if (bytes === null || isOver()) return;
      const { thumb } = await measure(bytes);
      if (!isOver()) setFound({ id, picture: thumb });
    };
    void look().catch(() => undefined);
    return () => over.abort();
  }, [id, isAsked, bytesOf]);
  return seen ?? (found?.id === id ? found.picture : null);
}
