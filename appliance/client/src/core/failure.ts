/** A failed call as a value that a model can hold and a view can put into words. */
import { CallError } from "./errors";

export interface Failure {
  readonly code: string;
  /** In the caller's language, safe to show; empty when the server was not reached. */
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CallError) return { code: error.code, message: error.message };
  return { code: "internal", message: "" };
}
