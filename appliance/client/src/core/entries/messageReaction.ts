/** `message.reaction`: somebody puts an emoji to a message, or takes it off. */

import type { Reaction } from "../protocol";
import { isHidden } from "./hidden";
import { type Entry, type EntryKind, SILENT } from "./kind";

export const messageReaction: EntryKind<Entry<"message.reaction">> = {
  ...SILENT,
  effect: "marks",
  fold: (message, { sender, state }) =>
    isHidden(message) ? message : { ...message, reactions: withReaction(message.reactions ?? [], state.emoji, sender, state.on) },
};

/** Puts a person under an emoji, or takes them off; an emoji nobody uses disappears. */
export function withReaction(reactions: readonly Reaction[], emoji: string, person: string, on: boolean): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if (known === undefined) return on ? [...reactions, { emoji, people: [person] }] : [...reactions];
  const others = known.people.filter((other) => other !== person);
  const people = on ? (others.length === known.people.length ? [...others, person] : known.people) : others;
  return reactions
    .map((reaction) => (reaction === known ? { emoji, people } : reaction))
    .filter((reaction) => reaction.people.length > 0);
}
