import { useMemo } from "react";

import { Store } from "#core/store";
import { useReadable } from "#ui/useReadable";

import type { FilesModel, Thumb } from "./FilesModel";
import { type Shown, wantedThumb } from "./shown";

const NONE = new Store<Thumb>({ kind: "waiting" });

/** The small picture of a file, fetched while it is shown; nothing is fetched of what the reader may not open. */
export function useThumb(model: FilesModel, { room, n, file }: Pick<Shown, "room" | "n" | "file">, wanted = true): Thumb {
  const thumb = wanted ? wantedThumb({ room, n, file }) : null;
  const [id, type] = [thumb?.wanted.id ?? null, thumb?.type ?? ""];
  const readable = useMemo(() => (id === null ? NONE : model.thumb({ room, n, file: file.id, id }, type)), [model, room, n, file.id, id, type]);
  return useReadable(readable);
}
