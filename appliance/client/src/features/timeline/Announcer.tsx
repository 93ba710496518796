import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";

import { messageLine } from "#i18n/files";
import { LiveRegion } from "#ui/LiveRegion";
import { useReadable } from "#ui/useReadable";

import type { Announcement, TimelineModel } from "./TimelineModel";

const READ_ONE_BY_ONE = 2;

/** Says new messages aloud: one or two word for word, more of them by number and author (A6). */
export function Announcer({ model }: { model: TimelineModel }) {
  const { t } = useLingui();
  const announcement = useReadable(model.announcement);
  return <LiveRegion text={words(announcement)} turn={announcement.turn} />;

  function words({ messages }: Announcement): string {
    if (messages.length <= READ_ONE_BY_ONE) return messages.map((message) => `${model.nameOf(message.sender)}: ${messageLine(message.text, message.files)}`).join(" ");
    const names = [...new Set(messages.map((message) => model.nameOf(message.sender)))].join(", ");
    const count = plural(messages.length, { other: "ข้อความใหม่ # ข้อความ" });
    return t`${count} จาก ${names}`;
  }
}
