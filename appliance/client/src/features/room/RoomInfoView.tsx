/** What a room is and what can be done with it: for its owner, for its members, for the reader alone. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { hasOwnersRights, policyOf } from "#core/policy";
import type { RoomAgency } from "#core/protocol";
import type { RoomSnapshot } from "#core/snapshots";
import { formatDate } from "#i18n/dates";
import { deniedText } from "#i18n/reasons";
import { Button } from "#ui/Button";
import { Switch } from "#ui/Choice";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { Loading, Notice } from "#ui/Notice";
import { nameOf } from "#ui/names";
import { Panel, PanelSection } from "#ui/Panel";
import { RoomIcon } from "#ui/RoomAvatar";
import { kindText, reachText, scopeText } from "#ui/roomKinds";
import { useReadable } from "#ui/useReadable";

import { MemberList } from "./MemberList";
import { OwnerLine } from "./OwnerLine";
import { MoreRequests, MyRemoval, MySuggestion, WaitingRequests } from "./OwnerRequests";
import { type RoomDialog, RoomDialogs } from "./RoomDialogs";
import type { RoomModel } from "./RoomModel";

interface RoomInfoProps {
  model: RoomModel;
  title: string;
  leave: { icon: "back" | "close"; label: string; onPress: () => void };
  onFiles: () => void;
  onPerson: (id: string) => void;
  onAddMembers: () => void;
  onSuggestMembers: () => void;
}

export function RoomInfoView({ model, title, leave, onFiles, onPerson, onAddMembers, onSuggestMembers }: RoomInfoProps) {
  const { t } = useLingui();
  const { room, members, waiting, moreWaiting, removal, suggestion, escalatesDays } = useReadable(model);
  const attempt = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  const [dialog, setDialog] = useState<RoomDialog | null>(null);
  useEffect(() => {
    void model.load();
    return model.start();
  }, [model]);
  if (room === null) return <Loading label={t`กำลังโหลดข้อมูลห้อง`} />;
  const group = hasOwnersRights(policyOf(room.view.kind));
  const isOwner = room.view.owner === model.me;
  const agencies = room.view.agencies ?? [];
  const failure = attempt.failure ?? reading.failure;
  return (
    <Panel label={t`ข้อมูลห้อง`} title={<Trans>ข้อมูลห้อง</Trans>} leave={leave}>
      {dialog === null && failure !== null && (
        <div className="room-failure">
          <FailureNotice failure={failure} />
        </div>
      )}
      <Identity room={room} title={title} />
      <div className="room-files">
        <Button icon="clip" block onPress={onFiles}>
          <Trans>ไฟล์ในห้อง</Trans>
        </Button>
      </div>
      {room.view.closed === true && (
        <div className="room-failure">
          <Notice>
            <Trans>ห้องนี้ปิดแล้ว สมาชิกอ่านข้อความได้ แต่เปลี่ยนชื่อห้อง สมาชิก และเจ้าของห้องไม่ได้อีก</Trans>
          </Notice>
        </div>
      )}
      <WaitingRequests
        requests={waiting}
        model={model}
        onDecline={(declined) => setDialog({ kind: "decline", request: declined })}
        onPerson={onPerson}
      />
      <MoreRequests more={moreWaiting} model={model} />
      <Mine room={room} model={model} onClear={() => setDialog({ kind: "clear" })} />
      {group && !isOwner && (
        <>
          <OwnerLine model={model} owner={room.view.owner} closed={room.view.closed === true} onPerson={onPerson} />
          {offered(room, "ask_removal") && <MyRemoval room={room} mine={removal} model={model} now={model.now()} onAsk={() => setDialog({ kind: "ask" })} />}
          {offered(room, "suggest") && <MySuggestion room={room} mine={suggestion} model={model} now={model.now()} onAsk={onSuggestMembers} />}
        </>
      )}
      {agencies.length > 0 && (
        <PanelSection title={plural(agencies.length, { other: "หน่วยงานในห้อง # หน่วยงาน" })}>
          <Agencies agencies={agencies} hub={room.view.hub ?? null} />
        </PanelSection>
      )}
      {group && (
        <PanelSection
          title={plural(room.view.member_count, { other: "สมาชิก # คน" })}
          actions={
            isOwner && offered(room, "add") && (
              <Button icon="addPerson" onPress={onAddMembers} denied={deniedText(room.denied["add"])}>
                <Trans>เพิ่ม</Trans>
              </Button>
            )
          }
        >
          {room.membersLoaded ? (
            <MemberList room={room} members={members} me={model.me} onPerson={onPerson} onDialog={setDialog} />
          ) : (
            <Loading label={t`กำลังโหลดสมาชิก`} />
          )}
        </PanelSection>
      )}
      {group && isOwner && room.view.closed !== true && <OwnerActions room={room} onDialog={setDialog} />}
      <RoomDialogs dialog={dialog} model={model} title={title} escalatesDays={escalatesDays} onClose={() => setDialog(null)} />
    </Panel>
  );
}

/** The agencies of the room: which one orders its entries, and which cannot be reached now. */
function Agencies({ agencies, hub }: { agencies: readonly RoomAgency[]; hub: string | null }) {
  const { t } = useLingui();
  return (
    <ul className="room-facts">
      {agencies.map((agency) => {
        const reach = reachText(agency.status);
        return (
          <li key={agency.id}>
            <Icon name="building" size="s" /> {[nameOf(agency), ...(agency.id === hub ? [t`ดูแลห้องนี้`] : []), ...(reach === null ? [] : [reach])].join(" · ")}
          </li>
        );
      })}
    </ul>
  );
}

/** What a closed room does not allow is said once, in place of a button for each. */
function offered(room: RoomSnapshot, action: string): boolean {
  return room.denied[action] !== "room_closed";
}

function Identity({ room, title }: { room: RoomSnapshot; title: string }) {
  const { view } = room;
  const created = formatDate(view.created);
  return (
    <section className="room-identity">
      <h3 className="room-identity-title">{title}</h3>
      <ul className="room-facts">
        <li>
          <RoomIcon kind={view.kind} /> {kindText(view.kind)}
        </li>
        <li>
          <Icon name="building" size="s" /> {scopeText(view.scope)}
        </li>
        <li>
          <Icon name="clock" size="s" /> <Trans>สร้างเมื่อ {created}</Trans>
        </li>
        {view.closed !== true && (
          <li>
            <Icon name="history" size="s" /> <Trans>สมาชิกใหม่อ่านข้อความย้อนหลังได้</Trans>
          </li>
        )}
      </ul>
    </section>
  );
}

/** What concerns the reader alone: nobody else notices (F40, F19). */
function Mine({ room, model, onClear }: { room: RoomSnapshot; model: RoomModel; onClear: () => void }) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`การตั้งค่าของท่าน (มีผลเฉพาะท่าน)`}>
      <div>
        <Switch isSelected={room.view.muted === true} onChange={(on) => void model.setMuted(on)}>
          <Trans>ปิดเสียงแจ้งเตือน</Trans>
        </Switch>
        <Switch isSelected={room.view.hidden === true} onChange={(on) => void model.setHidden(on)}>
          <Trans>ซ่อนจากรายชื่อห้อง</Trans>
        </Switch>
      </div>
      <Button icon="hide" onPress={onClear}>
        <Trans>ล้างการสนทนาจากหน้าจอ</Trans>
      </Button>
    </PanelSection>
  );
}

function OwnerActions({ room, onDialog }: { room: RoomSnapshot; onDialog: (dialog: RoomDialog) => void }) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`การจัดการห้อง`}>
      <div className="room-actions">
        <Button icon="edit" onPress={() => onDialog({ kind: "rename" })} denied={deniedText(room.denied["rename"])}>
          <Trans>เปลี่ยนชื่อห้อง</Trans>
        </Button>
        <Button icon="transfer" onPress={() => onDialog({ kind: "transfer", to: null })} denied={deniedText(room.denied["transfer"])}>
          <Trans>มอบสิทธิ์เจ้าของห้อง</Trans>
        </Button>
        <Button icon="lock" variant="danger" onPress={() => onDialog({ kind: "close" })} denied={deniedText(room.denied["close"])}>
          <Trans>ปิดห้อง</Trans>
        </Button>
      </div>
    </PanelSection>
  );
}
