/** What stands above and below the list of attached files: how many there are, how many cannot be sent, how many are out of sight. */
import { plural } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type RefObject, useLayoutEffect, useState } from "react";

import { isStuck } from "#core/fileFailures";
import type { Attachment, UploadId } from "#core/snapshots";
import { formatSize } from "#i18n/sizes";
import { Icon } from "#ui/Icon";
import { useReadable } from "#ui/useReadable";

import type { AttachModel } from "./AttachModel";

/** How many files there are, and how many of them cannot be sent: those may be out of sight. */
export function TrayHead({ files, onShow }: { files: readonly Attachment[]; onShow: (id: UploadId) => void }) {
  const stuck = files.filter(isStuck);
  const [first] = stuck;
  const size = formatSize(files.reduce((sum, file) => sum + file.size, 0));
  if (files.length < 2 && first === undefined) return null;
  return (
    <div className="tray-head">
      <p>
        {plural(files.length, { other: "# ไฟล์" })} · {size}
      </p>
      {first !== undefined && (
        <>
          <p className="tray-stuck">
            <Icon name="error" size="s" />
            {plural(stuck.length, { other: "# ไฟล์ส่งไม่ได้ โปรดแก้ไขหรือนำออก" })}
          </p>
          {files.length > 1 && (
            <button type="button" className="tray-link" onClick={() => onShow(first.id)}>
              <Trans>ไปยังไฟล์ที่ส่งไม่ได้</Trans>
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** For whom no scrollbar shows: how many files are below what is in sight. Keys reach them by their buttons. */
export function TrayMore({ place, model }: { place: RefObject<HTMLElement | null>; model: AttachModel }) {
  const { files, reading } = useReadable(model);
  const below = useBelow(place, files.length + (reading > 0 ? 1 : 0));
  if (below === 0) return null;
  const more = () => place.current?.scrollBy({ top: 0.8 * place.current.clientHeight });
  return (
    <button type="button" className="tray-link tray-more" tabIndex={-1} onClick={more}>
      <Icon name="chevronDown" size="s" />
      {plural(below, { other: "ดูอีก # ไฟล์" })}
    </button>
  );
}

/** How many attached files are, for the most part, below the lower edge of the place that scrolls. */
function useBelow(place: RefObject<HTMLElement | null>, count: number): number {
  const [below, setBelow] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const look = () => {
      const edge = element.getBoundingClientRect().bottom;
      const isBelow = (part: Element) => {
        const { top, height } = part.getBoundingClientRect();
        return top + height / 2 > edge;
      };
      setBelow([...element.querySelectorAll(".tray > li")].filter(isBelow).length);
    };
    const watched = new ResizeObserver(look);
    for (const part of [element, ...element.children]) watched.observe(part);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      watched.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [place, count]);
  return count === 0 ? 0 : below;
}
