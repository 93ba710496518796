/** How a message that waits in the outbox looks: to the server that takes it, and to the person who wrote it. */

import type { OutboxRow } from "./db/outbox";
import { failureAmong } from "./fileFailures";
import type { Position, TextBody, TxnId } from "./protocol";
import type { Attachment, Delivery, DraftText, PendingItem } from "./snapshots";

/** What the server is sent of it, but for its files. */
export function bodyOf(text: DraftText): { body: TextBody; reply_to?: Position } {
  const body: TextBody = { text: text.text };
  if (text.mentions.length > 0) body.mentions = [...text.mentions];
  if (text.everyone) body.everyone = true;
  return text.replyTo === null ? { body } : { body, reply_to: text.replyTo };
}

/** A message whose file cannot go on by itself cannot either: its words wait with the reason. */
export function deliveryOf(row: OutboxRow, inFlight: ReadonlySet<TxnId>, files: readonly Attachment[], agency: string | null): Delivery {
  const failure = row.failed ?? failureAmong(files);
  if (failure !== null) return { kind: "failed", code: failure.code, message: failure.message };
  if (agency !== null) return { kind: "elsewhere", agency };
  return inFlight.has(row.txnId) ? { kind: "sending" } : { kind: "waiting" };
}

export function itemOf(row: OutboxRow, delivery: Delivery, files: readonly Attachment[]): PendingItem {
  const { txnId, room, at, text, tried } = row;
  const { mentions, everyone, replyTo } = text;
  return { kind: "pending", key: txnId, txnId, room, at, text: text.text, mentions, everyone, replyTo, reply: null, files, tried, delivery };
}
