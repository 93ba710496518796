/**
 * Messages that the server has and another agency will order: they wait for that agency, and are not sent again meanwhile.
 *
 * In memory alone: after a reload, and when the line is back, each is asked for once more, which the server answers with
 * what has become of it. What the other agency refuses comes as an event.
 */

import type { Event, TxnId } from "./protocol";

export interface Refused {
  readonly txnId: TxnId;
  readonly code: string;
}

export class Elsewhere {
  readonly #agencies = new Map<TxnId, string>();

  /** The agency that a message waits for; null where it waits for none. */
  agencyOf(txnId: TxnId): string | null {
    return this.#agencies.get(txnId) ?? null;
  }

  waits(txnId: TxnId, agency: string): void {
    this.#agencies.set(txnId, agency);
  }

  /** Forgets what is known, so that each is asked for once more. */
  askAgain(): void {
    this.#agencies.clear();
  }

  /** What events say was refused; it waits no more. */
  refusedBy(events: readonly Event[]): readonly Refused[] {
    return events.flatMap(({ type, state }) => {
      const { txn_id: txnId, code } = (state ?? {}) as { txn_id?: unknown; code?: unknown };
      if (type !== "message.refused" || typeof txnId !== "string" || typeof code !== "string") return [];
      this.#agencies.delete(txnId);
      return [{ txnId, code }];
    });
  }
}
