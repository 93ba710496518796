/** A failed call as a value that a model can hold and a view can put into words, in whatever language the page then has. */
import { CallError } from "./errors";

export interface Failure {
  readonly code: string;
  /** In the caller's language, safe to show; empty when the server was not reached. */
  readonly message: string;
  /** The language of `message`: after the page has changed its own, the words are found by the code. */
  readonly language?: string;
  /** How long to wait before trying again, from when it failed; absent when waiting is of no use. */
  readonly waitMs?: number;
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof CallError)) return { code: "internal", message: "" };
  const { code, message, language, retryAfter } = error;
  return { code, message, ...(language === "" ? {} : { language }), ...(retryAfter === null ? {} : { waitMs: retryAfter }) };
}
