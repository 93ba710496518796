import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { PersonView } from "#core/protocol";
import { newsCount } from "#core/requests";
import type { News } from "#core/snapshots";
import { newsText } from "#i18n/notices";
import { Avatar } from "#ui/Avatar";
import { Badge } from "#ui/Badge";
import { Icon, type IconName } from "#ui/Icon";
import { nameOf } from "#ui/names";

import { formatRoute, HOME, REQUESTS, type Route } from "./routes";

export interface RailProps {
  place: Route["place"];
  me: PersonView;
  unread: number;
  /** Requests that wait, answers, rooms that are the reader's no more. */
  news: News;
  onSearch: () => void;
  onHelp: () => void;
}

/** The places of the client, search from anywhere, and help in the same spot everywhere (WCAG 3.2.6). */
export function Rail({ place, me, unread, news, onSearch, onHelp }: RailProps) {
  const { t } = useLingui();
  const name = nameOf(me);
  return (
    <nav className="rail" aria-label={t`ส่วนหลัก`}>
      <span className="rail-brand" aria-hidden>
        G
      </span>
      <Place icon="message" to={HOME} current={place === "rooms"} label={t`ห้อง`}>
        <Badge count={unread} most={99} label={plural(unread, { other: "ยังไม่อ่าน # รายการ" })} />
      </Place>
      <button type="button" className="rail-item" onClick={onSearch} aria-keyshortcuts="Control+K">
        <Icon name="search" />
        <span>
          <Trans>ค้นหา</Trans>
        </span>
      </button>
      <Place icon="inbox" to={REQUESTS} current={place === "requests"} label={t`คำขอ`}>
        <Badge count={newsCount(news)} most={99} label={newsText(news)} />
      </Place>
      <Place icon="tree" to={{ place: "people", unit: null, person: null }} current={place === "people"} label={t`บุคลากร`} />
      <Place icon="settings" to={{ place: "settings", page: null }} current={place === "settings"} label={t`ตั้งค่า`} />
      <span className="rail-gap" />
      <button type="button" className="rail-item rail-help" onClick={onHelp} aria-keyshortcuts="Control+/">
        <Icon name="help" />
        <span>
          <Trans>ช่วยเหลือ</Trans>
        </span>
      </button>
      <a className="rail-me" href={`#${formatRoute({ place: "settings", page: "me" })}`} aria-label={t`ข้อมูลของท่าน ${name}`}>
        <Avatar id={me.id} name={name} />
      </a>
    </nav>
  );
}

function Place({ icon, to, current, label, children }: { icon: IconName; to: Route; current: boolean; label: string; children?: ReactNode }) {
  return (
    <a className="rail-item" href={`#${formatRoute(to)}`} {...(current ? { "aria-current": "page" as const } : {})}>
      <Icon name={icon} />
      <span>{label}</span>
      {children}
    </a>
  );
}
