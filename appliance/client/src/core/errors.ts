/**
 * Why a call to the server failed, in the three ways a caller must tell apart.
 *
 * `offline`: the server was not reached, so nothing is known and the call may be tried again. `refused`: the server said
 * no; `code` is its stable reason and `message` is in the caller's language, safe to show. `broken`: the server failed
 * or answered what we do not understand.
 */

import type { ErrorBody } from "./protocol";

/** What stays so until an administrator has restored the data. */
const NEEDS_RESTORING: ReadonlySet<string> = new Set(["storage_damaged", "room_unproven"]);

export type CallFailure = "offline" | "refused" | "broken";

export class CallError extends Error {
  readonly kind: CallFailure;
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly field: string | null;
  /** Finds the line in the server's log. */
  readonly request: string | null;
  /** Milliseconds to wait before trying again, when the server said so. */
  readonly retryAfter: number | null;
  /** The language of `message`. */
  language = "";

  constructor(kind: CallFailure, status: number, body: Partial<ErrorBody>, retryAfter: number | null = null) {
    super(body.message ?? "");
    this.name = "CallError";
    this.kind = kind;
    this.status = status;
    this.code = body.code ?? kind;
    this.field = body.field ?? null;
    this.request = body.request ?? null;
    this.retryAfter = retryAfter;
  }

  /** What a server's answer with an error says, over HTTP or on the stream. `retryAfter`: milliseconds. */
  static of(status: number, body: Partial<ErrorBody>, retryAfter: number | null, language: string): CallError {
    const kind = status >= 400 && status < 500 ? "refused" : "broken";
    const error = new CallError(kind, status, body, retryAfter);
    error.language = language;
    return error;
  }

  static offline(): CallError {
    return new CallError("offline", 0, { code: "offline" });
  }

  /** True when the same call may succeed later without anybody changing anything. */
  get passing(): boolean {
    // 507: there is no room for it, and none will come by waiting.
    if (NEEDS_RESTORING.has(this.code) || this.status === 507) return false;
    return this.kind !== "refused" || this.status === 429 || this.status === 408 || this.status === 425;
  }
}

/** Returns the code to show for anything thrown. */
export function codeOf(error: unknown): string {
  return error instanceof CallError ? error.code : "broken";
}
