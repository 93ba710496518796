/** Messages for the tests of this folder. */
import type { MessageItem } from "#core/snapshots";

export function message(n: number, sender: string, at: number): MessageItem {
  return {
    kind: "message",
    type: "message.text",
    key: `m${n}`,
    n,
    id: `e${n}`,
    sender,
    mine: sender === "p_me",
    at,
    text: `ข้อความ ${n}`,
    mentions: [],
    everyone: false,
    mentionsMe: false,
    edited: null,
    hidden: null,
    reply: null,
    files: [],
    reactions: [],
    read: { by: 0, of: 0 },
  };
}
