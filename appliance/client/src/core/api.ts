/**
 * One call to the staff API: fetch, decode, and errors told apart.
 *
 * Owns headers (language, CSRF), the timeout, and the news that the session has ended. Knows no route; `endpoints.ts`
 * does. Never sees the session token: the browser holds it in a `__Host-` cookie that scripts cannot read.
 */

import type { Clock } from "./clock";
import { CallError } from "./errors";
import type { Ports } from "./ports";
import type { ErrorAnswer, Millis } from "./protocol";

export const PREFIX = "/api/v1";
const TIMEOUT_MS = 30_000;

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE" | "HEAD";
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface CallOptions {
  readonly body?: unknown;
  readonly query?: Query;
  /** False for the calls that begin a session: their 401 means wrong credentials, not an ended session. */
  readonly session?: boolean;
  /** True for what a try to reconnect asks by itself: its answer must not cause the next try. */
  readonly probe?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the call when nobody waits for its answer any more; it then fails as if offline. */
  readonly signal?: AbortSignal;
}

/** A request that is no JSON, and what is answered: tus speaks in headers. */
export interface Exchange {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export class Api {
  #csrf: string | null = null;
  #generation = 0;
  /** Called when an authenticated call is answered 401, with the reason the server gives. */
  onEnded: (code: string) => void = () => undefined;
  /** Called when the server wants something first: terms accepted, password changed, a fresh CSRF value. */
  onPreconditionFailed: () => void = () => undefined;
  /** Called when the server has answered anything at all: whether it did what somebody asked, and when they asked. */
  onContact: (served: boolean, asked: Millis) => void = () => undefined;

  constructor(
    private readonly ports: Ports,
    private readonly clock: Clock,
  ) {}

  /** Sets the session's CSRF value; null when there is no session. Answers to older calls then change nothing. */
  setCsrf(csrf: string | null): void {
    if (csrf === null) this.#generation += 1;
    this.#csrf = csrf;
  }

  /** Raises CallError. An answer without content gives undefined. */
  async call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const generation = this.#generation;
    const asked = this.clock.now();
    const language = this.ports.language();
    const response = await this.#send(method, path, options);
    this.clock.learnRough(response.headers.get("Date"));
    if (generation === this.#generation) this.onContact(response.ok && options.probe !== true, asked);
    if (response.ok) return (await decode(response)) as T;
    const error = await failure(response, language);
    if (options.session !== false && generation === this.#generation) this.#hearRefusal(error);
    throw error;
  }

  /** Raises CallError; returns what was answered with a success. */
  async exchange(method: Method, path: string, { headers, bytes, timeoutMs, signal }: Exchange): Promise<Response> {
    const generation = this.#generation;
    const asked = this.clock.now();
    const language = this.ports.language();
    const response = await this.#send(method, path, { signal, timeoutMs, headers, ...(bytes === null ? {} : { bytes }) });
    if (generation !== this.#generation) throw CallError.offline();
    this.onContact(response.ok, asked);
    if (response.ok) return response;
    const error = await failure(response, language);
    this.#hearRefusal(error);
    throw error;
  }

  #hearRefusal(error: CallError): void {
    if (error.status === 401) this.onEnded(error.code);
    else this.noteRefusal(error);
  }

  /** Reads bytes as they are. Raises CallError, also when the line is cut within them or they are more than `most`. */
  async bytes(path: string, most: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const generation = this.#generation;
    const language = this.ports.language();
    const response = await this.#send("GET", path, { signal });
    if (!response.ok) {
      const error = await failure(response, language);
      if (generation === this.#generation && error.status === 401) this.onEnded(error.code);
      throw error;
    }
    if (Number(response.headers.get("Content-Length") ?? 0) > most) throw new CallError("broken", response.status, { code: "broken" });
    const bytes = await response.arrayBuffer().catch(() => null);
    if (bytes === null) throw CallError.offline();
    if (bytes.byteLength > most) throw new CallError("broken", response.status, { code: "broken" });
    return new Uint8Array(bytes);
  }

  /** Takes in a refusal, which may have come on the stream: one that the session's state explains is told. */
  noteRefusal(error: CallError): void {
    if (PRECONDITION_CODES.has(error.code)) this.onPreconditionFailed();
  }

  async #send(method: Method, path: string, options: CallOptions & Partial<Exchange>): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers, Accept: "application/json", "Accept-Language": this.ports.language() };
    if (method !== "GET" && this.#csrf !== null) headers["X-CSRF-Token"] = this.#csrf;
    const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
    if (options.body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(options.body);
    }
    if (options.bytes !== undefined && options.bytes !== null) init.body = options.bytes;
    const abort = new AbortController();
    init.signal = abort.signal;
    const end = (): void => abort.abort();
    if (options.signal?.aborted === true) end();
    options.signal?.addEventListener("abort", end);
    const timer = this.ports.time.setTimeout(end, options.timeoutMs ?? TIMEOUT_MS);
    try {
      return await this.ports.network.fetch(PREFIX + path + encodeQuery(options.query), init);
    } catch {
      throw CallError.offline();
    } finally {
      this.ports.time.clearTimeout(timer);
      options.signal?.removeEventListener("abort", end);
    }
  }
}

/** Refusals that the state of the session explains: who we are has to be asked again. */
export const PRECONDITION_CODES: ReadonlySet<string> = new Set(["terms_not_accepted", "must_change_password", "csrf"]);

/** Returns `?a=1&b=2`, or nothing; null and undefined values are left out. */
export function encodeQuery(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

async function decode(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    throw CallError.offline(); // the line was cut inside the answer
  }
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CallError("broken", response.status, { code: "broken" });
  }
}

async function failure(response: Response, language: string): Promise<CallError> {
  const after = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(after) && after > 0 ? after * 1_000 : null;
  try {
    const { error } = JSON.parse(await response.text()) as ErrorAnswer;
    return CallError.of(response.status, error, retryAfter, language);
  } catch {
    return CallError.of(response.status, {}, retryAfter, language); // a proxy's page, not the appliance's answer
  }
}
