/** Reactions under a message: a toggle per emoji, its people named on hover and on keyboard focus (C10). */
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { Fragment } from "react";

import { derived } from "#core/derived";
import type { MessageItem, ReactionView } from "#core/snapshots";
import { formatNumber } from "#i18n/dates";
import { reasonText } from "#i18n/reasons";
import { useEmojiName } from "#ui/Emoji";
import { ReactionChip } from "#ui/ReactionChip";
import { useReadable } from "#ui/useReadable";

import type { TimelineModel } from "./TimelineModel";

const NAMES_SHOWN = 12;

export function Reactions({ item, model }: { item: MessageItem; model: TimelineModel }) {
  const { t } = useLingui();
  if (item.reactions.length === 0) return null;
  return (
    <div className="msg-reactions" role="group" aria-label={t`ความรู้สึกต่อข้อความ`}>
      {item.reactions.map((reaction) => (
        <Fragment key={reaction.emoji}>
          <One reaction={reaction} item={item} model={model} />
        </Fragment>
      ))}
    </div>
  );
}

function One({ reaction, item, model }: { reaction: ReactionView; item: MessageItem; model: TimelineModel }) {
  const { t } = useLingui();
  const nameOf = useEmojiName();
  const names = useReadable(
    useMemo(() => {
      const cards = reaction.people.slice(0, NAMES_SHOWN).map(model.person);
      return derived(cards, () => cards.map((card) => card.snapshot()?.name ?? "…"));
    }, [reaction.people, model]),
  );
  const more = reaction.people.length - names.length;
  const list = names.join(", ") + (more > 0 ? ` ${plural(more, { other: "และอีก # คน" })}` : "");
  const count = formatNumber(reaction.people.length);
  // The name begins with what is seen: the emoji and its count (WCAG 2.5.3).
  const emoji = `${nameOf(reaction.emoji)} ${count}`;
  const denied = model.denied("react", item);
  return (
    <ReactionChip
      emoji={reaction.emoji}
      count={count}
      mine={reaction.mine}
      names={list}
      label={reaction.mine ? t`${emoji} ${list} กดเพื่อถอน` : t`${emoji} ${list} กดเพื่อร่วม`}
      {...(denied === null ? {} : { denied: reasonText(denied) })}
      onPress={() => void model.react(item, reaction.emoji)}
    />
  );
}
