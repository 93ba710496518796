/** A person: names, posts, how to reach them, and a private chat if the rules allow one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect } from "react";

import type { PersonView, PostView } from "#core/protocol";
import { formatDate } from "#i18n/dates";
import { deniedText } from "#i18n/reasons";
import { Avatar } from "#ui/Avatar";
import { Chip } from "#ui/Badge";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Icon, type IconName } from "#ui/Icon";
import { mailTo } from "#ui/mailTo";
import { Loading } from "#ui/Notice";
import { Name } from "#ui/Name";
import { inPageLanguage, nameOf, placeText } from "#ui/names";
import { Panel, PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import type { ProfileModel } from "./ProfileModel";
import "./people.css";

interface ProfileViewProps {
  model: ProfileModel;
  isMe: boolean;
  leave: { icon: "back" | "close"; label: string; onPress: () => void };
  onRoom: (room: string) => void;
  onEditMe: () => void;
}

export function ProfileView({ model, isMe, leave, onRoom, onEditMe }: ProfileViewProps) {
  const { t } = useLingui();
  const card = useReadable(model.card);
  const attempt = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  useEffect(() => {
    void model.load();
  }, [model]);
  const person = card?.full ?? null;
  const otherSpelling = card?.spellings.find((spelling) => spelling !== card.name);
  const denied = person !== null && model.contact(person) === "denied" ? "contact_not_allowed" : card?.active === false ? "person_not_active" : undefined;
  return (
    <Panel label={t`ข้อมูลบุคคล`} title={<Trans>ข้อมูลบุคคล</Trans>} leave={leave}>
      {card === null && reading.failure === null && <Loading label={t`กำลังโหลด`} />}
      {card !== null && (
        <header className="profile-head">
          <Avatar id={card.id} name={card.name} size="xl" inactive={!card.active} />
          <h3 className="profile-name">
            <Name>{card.name}</Name>
          </h3>
          {otherSpelling !== undefined && (
            <p className="profile-sub">
              <Name>{otherSpelling}</Name>
            </p>
          )}
          <p className="profile-sub">{placeText(card.post, card.unit)}</p>
          {!card.active && <Chip tone="warn">{t`บัญชีไม่เปิดใช้งาน`}</Chip>}
          {person?.status && <p className="profile-status" dir="auto">{person.status}</p>}
          {isMe ? (
            <Button icon="edit" onPress={onEditMe}>
              <Trans>แก้ไขข้อมูลของท่าน</Trans>
            </Button>
          ) : (
            <Button
              icon="message"
              variant="primary"
              denied={deniedText(denied)}
              onPress={() => onRoom(model.chat())}
            >
              <Trans>สนทนาส่วนตัว</Trans>
            </Button>
          )}
          {denied === "contact_not_allowed" && person !== null && <OtherWays person={person} commonRoom={model.commonRoom()} />}
        </header>
      )}
      <div className="profile-failure">
        <FailureNotice failure={attempt.failure ?? reading.failure} />
      </div>
      {person && <Posts posts={person.posts ?? []} />}
      {person && <Contact person={person} />}
    </Panel>
  );
}

/** How a person is reached who may not be written to: every way that is named is there. */
function OtherWays({ person, commonRoom }: { person: PersonView; commonRoom: string | null }) {
  const shown = [person.phone, person.mobile, person.email].some(Boolean);
  return (
    <p className="profile-sub">
      {shown && (
        <>
          <Trans>ท่านติดต่อได้ทางโทรศัพท์หรืออีเมลที่แสดงไว้ด้านล่าง</Trans>{" "}
        </>
      )}
      {commonRoom === null ? (
        <Trans>ท่านขอให้ผู้บังคับบัญชาเพิ่มท่านทั้งสองในห้องเดียวกันได้</Trans>
      ) : (
        <Trans>ท่านกล่าวถึงบุคคลนี้ได้ในห้อง “{commonRoom}” โดยพิมพ์ @ แล้วตามด้วยชื่อ</Trans>
      )}
    </p>
  );
}

function Posts({ posts }: { posts: readonly PostView[] }) {
  const { t } = useLingui();
  if (posts.length === 0) return null;
  return (
    <PanelSection title={t`ตำแหน่ง`}>
      <ul className="profile-posts">
        {posts.map((post) => (
          <li key={post.id}>
            <p>
              {inPageLanguage(post.title, post.title_en)} {post.acting && <Chip tone="warn">{t`รักษาการ`}</Chip>}
            </p>
            <p className="profile-sub">
              {[nameOf(post.unit), inPageLanguage(post.rank, post.rank_en)].filter(Boolean).join(" · ")}
              {post.until != null && (
                <>
                  {" · "}
                  <Trans>ถึง {formatDate(post.until)}</Trans>
                </>
              )}
            </p>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}

const called = (number: string) => `tel:${number}`;

/** Only what the reader may see is here at all; an absent field is not mentioned. */
function Contact({ person }: { person: PersonView }) {
  const { t } = useLingui();
  const ways: { icon: IconName; label: string; value: string | null | undefined; link: (value: string) => string }[] = [
    { icon: "phone", label: t`โทรศัพท์`, value: person.phone, link: called },
    { icon: "mobile", label: t`โทรศัพท์เคลื่อนที่`, value: person.mobile, link: called },
    { icon: "mail", label: t`อีเมล`, value: person.email, link: mailTo },
  ];
  const known = ways.filter((way) => way.value);
  if (known.length === 0) return null;
  return (
    <PanelSection title={t`การติดต่อ`}>
      <dl className="profile-contact">
        {known.map((way) => (
          <div key={way.icon}>
            <dt>
              <Icon name={way.icon} size="s" /> {way.label}
            </dt>
            <dd>
              <a href={way.link(way.value ?? "")}>{way.value}</a>
            </dd>
          </div>
        ))}
      </dl>
    </PanelSection>
  );
}
