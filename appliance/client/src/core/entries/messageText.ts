/** `message.text`: somebody says something. */

import type { MessageItem, ReactionView } from "../snapshots";
import { isHidden } from "./hidden";
import { type Entry, type EntryKind, type ItemContext, SILENT } from "./kind";
import { withReaction } from "./messageReaction";

type Text = Entry<"message.text">;

export const messageText: EntryKind<Text> = {
  ...SILENT,
  item: messageOf,
  quote: (entry) =>
    isHidden(entry)
      ? { kind: "gone", n: entry.n }
      : { kind: "known", n: entry.n, sender: entry.sender, text: entry.body?.text ?? "", files: entry.body?.files ?? [] },
};

function messageOf(entry: Text, context: ItemContext): MessageItem {
  const sender = entry.sender;
  const mentions = entry.body?.mentions ?? [];
  const everyone = entry.body?.everyone ?? false;
  return {
    kind: "message",
    type: entry.type,
    key: context.keyOf(entry.n),
    n: entry.n,
    id: entry.id,
    sender,
    mine: sender === context.me,
    at: entry.at,
    text: entry.body?.text ?? "",
    mentions,
    everyone,
    mentionsMe: everyone || mentions.includes(context.me),
    edited: entry.edited?.at ?? null,
    hidden: entry.hidden ?? null,
    files: isHidden(entry) ? [] : (entry.body?.files ?? []),
    reply: typeof entry.reply_to === "number" ? context.quote(entry.reply_to) : null,
    reactions: reactionsOf(entry, context),
    read: context.readersOf(entry.n, sender),
  };
}

function reactionsOf(entry: Text, { me, ownReactions }: ItemContext): ReactionView[] {
  if (isHidden(entry)) return [];
  const known = ownReactions
    .filter((own) => own.n === entry.n)
    .reduce((reactions, own) => withReaction(reactions, own.emoji, me, own.on), entry.reactions ?? []);
  return known.map(({ emoji, people }) => ({ emoji, people, mine: people.includes(me) }));
}
