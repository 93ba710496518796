/** A video with the browser's own controls, and the speed beside it. One that the browser cannot play is downloaded. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";

import { DownloadLink } from "#ui/DownloadLink";
import { Icon } from "#ui/Icon";
import { useReadable } from "#ui/useReadable";

import type { FilesModel } from "./FilesModel";
import { Speed } from "./Player";
import type { Shown } from "./shown";
import { playable, viewOf } from "./sources";

export function Film({ one, model }: { one: Shown; model: FilesModel }) {
  const { t } = useLingui();
  const { file } = one;
  const { rate } = useReadable(model.playback);
  const video = useRef<HTMLVideoElement>(null);
  const [failed, setFailed] = useState(false);
  const source = playable(file, model.canPlay);
  const poster = viewOf(file);
  useEffect(() => {
    if (video.current !== null) video.current.playbackRate = rate;
  }, [rate]);
  if (source === null || failed) {
    return (
      <div className="film-unplayable" role="status">
        <Icon name="film" size="l" />
        <p>
          <Trans>เบราว์เซอร์นี้เล่นวิดีโอชนิดนี้ไม่ได้ โปรดดาวน์โหลดแล้วเปิดด้วยโปรแกรมอื่น</Trans>
        </p>
        <DownloadLink href={model.addressOf(file.id)} name={file.name} label={t`ดาวน์โหลด ${file.name}`}>
          <Trans>ดาวน์โหลด</Trans>
        </DownloadLink>
      </div>
    );
  }
  return (
    <div className="film">
      {/* What people record themselves has no captions. */}
      <video
        ref={video}
        className="film-video"
        src={model.addressOf(source.id)}
        {...(poster === null ? {} : { poster: model.addressOf(poster.id) })}
        {...(file.width == null || file.height == null ? {} : { width: file.width, height: file.height })}
        aria-label={file.name}
        controls
        playsInline
        preload="metadata"
        onPlay={({ currentTarget }) => {
          model.playback.pause();
          currentTarget.playbackRate = rate;
        }}
        onError={() => setFailed(true)}
      />
      <div className="film-bar">
        <Speed rate={rate} onChange={() => model.playback.changeRate()} />
      </div>
    </div>
  );
}
