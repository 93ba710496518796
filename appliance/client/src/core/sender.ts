/**
 * How a message gets to the server: on the stream while it is open, by POST otherwise.
 *
 * Owns the choice. Also by POST goes what was sent on the stream and got no answer because the stream broke; the txn_id is
 * the same, so the server answers with the first result and nothing stands twice. A message to a person whose chat has not
 * begun has no room yet and goes by POST. Order and retries are the outbox's.
 */

import { CallError } from "./errors";
import type { Posted, PostMessage, Send, Written, WriteTo } from "./protocol";
import type { PersonId, RoomId } from "./snapshots";

/** What sends messages by POST: `Endpoints`. */
export interface MessageCalls {
  postMessage(room: RoomId, body: PostMessage): Promise<Posted>;
  writeTo(person: PersonId, body: WriteTo): Promise<Written>;
}

export class Sender implements MessageCalls {
  constructor(
    private readonly calls: MessageCalls,
    /** Sends on the stream; null when there is none. */
    private readonly stream: (frame: Send) => Promise<Posted> | null,
    /** Called with a refusal that came on the stream; calls report theirs themselves. */
    private readonly onRefused: (error: CallError) => void,
  ) {}

  async postMessage(room: RoomId, body: PostMessage): Promise<Posted> {
    // One message of a room is under way at a time: what was refused before is known (`resume`).
    const answer = this.stream({ ...body, type: "send", room, resume: true });
    if (answer !== null) {
      try {
        return await answer;
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        if (error.kind !== "offline") {
          this.onRefused(error);
          throw error;
        }
      }
    }
    return await this.calls.postMessage(room, body);
  }

  async writeTo(person: PersonId, body: WriteTo): Promise<Written> {
    return await this.calls.writeTo(person, body);
  }
}
