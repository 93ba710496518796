/**
 * One upload by tus 1.0: tus-js-client, with the core's own requests under it.
 *
 * Owns what the protocol says and how the library is used: no storage, no waiting and no retries of its own, one request
 * at a time, each made by `Api` with cookie and CSRF value. What the server has acknowledged is written down before the
 * next request leaves. Of a `Location` only the upload's id is taken: requests go nowhere but to our own server.
 */

import type { DetailedError, HttpRequest, HttpResponse, HttpStack, Upload } from "tus-js-client";

import type { Api, Method } from "./api";
import { CallError } from "./errors";
import { type Line, LONGEST_PART } from "./parts";
import type { Id } from "./protocol";

/** Where requests of the library go: the path is put together anew from the id. */
const PLACE = "https://upload.invalid/uploads";
const UPLOAD_PATH = /\/uploads\/([A-Za-z0-9_-]{1,64})$/u;
const TIMEOUT_MS = 30_000;
/** A line that takes longer for a part is cut: the server keeps what has arrived of it. */
const PART_TIMEOUT_MS = 120_000;

export interface TusJob {
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** The upload that is gone on with; null for a new one. */
  readonly remote: Id | null;
  /** The bytes in [start, stop), or fewer of them, but one at least. */
  read(start: number, stop: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The server has made the upload. */
  begun(remote: Id): Promise<void>;
  /** The server has so many bytes from the beginning. */
  acknowledged(offset: number): Promise<void>;
}

/** Resolves when the server has every byte. Rejects with CallError, or with what `job` threw; ends when `signal` says so. */
export async function sendByTus(api: Api, line: Line, job: TusJob, signal: AbortSignal): Promise<void> {
  const tus = await import("tus-js-client");
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stack = new CoreStack(api, line, job, signal);
    const upload: Upload = new tus.Upload(SOURCE, {
      endpoint: job.remote === null ? PLACE : null,
      uploadUrl: job.remote === null ? null : `${PLACE}/${job.remote}`,
      metadata: { ...job.metadata },
      chunkSize: LONGEST_PART,
      retryDelays: null,
      storeFingerprintForResuming: false,
      fingerprint: () => Promise.resolve(""),
      fileReader: { openFile: () => Promise.resolve(sourceOf(line, job)) },
      httpStack: stack,
      onSuccess: () => resolve(),
      onError: (error) => reject(causeOf(error)),
    });
    signal.addEventListener("abort", () => {
      void upload.abort();
      reject(CallError.offline());
    });
    upload.start();
  });
}

/** The library only hands it to `openFile`. */
const SOURCE = { read: () => Promise.resolve({ done: true, value: undefined }) } as const;

function sourceOf(line: Line, job: TusJob) {
  return {
    size: job.size,
    slice: async (start: number, stop: number) => ({ value: await job.read(start, Math.min(stop, start + line.part)), done: false }),
    close: () => undefined,
  };
}

function causeOf(error: Error | DetailedError): Error {
  return ("causingError" in error ? error.causingError : null) ?? error;
}

class CoreStack implements HttpStack {
  constructor(
    private readonly api: Api,
    private readonly line: Line,
    private readonly job: TusJob,
    private readonly signal: AbortSignal,
  ) {}

  createRequest(method: string, url: string): HttpRequest {
    return new CoreRequest(this.api, this.line, this.job, this.signal, method as Method, url);
  }

  getName(): string {
    return "core";
  }
}

class CoreRequest implements HttpRequest {
  readonly #headers: Record<string, string> = {};
  readonly #stop = new AbortController();

  constructor(
    private readonly api: Api,
    private readonly line: Line,
    private readonly job: TusJob,
    private readonly signal: AbortSignal,
    private readonly method: Method,
    private readonly url: string,
  ) {}

  getMethod(): string {
    return this.method;
  }

  getURL(): string {
    return this.url;
  }

  setHeader(header: string, value: string): void {
    this.#headers[header] = value;
  }

  getHeader(header: string): string | undefined {
    return this.#headers[header];
  }

  /** What was only sent is no progress. */
  setProgressHandler(): void {
    return;
  }

  async send(body: Uint8Array<ArrayBuffer> | null): Promise<HttpResponse> {
    const end = (): void => this.#stop.abort();
    if (this.signal.aborted) end();
    this.signal.addEventListener("abort", end);
    try {
      const id = UPLOAD_PATH.exec(this.url)?.[1];
      const timeoutMs = this.method === "PATCH" ? PART_TIMEOUT_MS : TIMEOUT_MS;
      const path = id === undefined ? "/uploads" : `/uploads/${id}`;
      const ask = (): Promise<Response> => this.api.exchange(this.method, path, { headers: this.#headers, bytes: body, timeoutMs, signal: this.#stop.signal });
      const response = body === null ? await ask() : await this.line.carry(body.length, ask);
      return id === undefined ? await this.#made(response) : await this.#moved(response);
    } finally {
      this.signal.removeEventListener("abort", end);
    }
  }

  async #made(response: Response): Promise<HttpResponse> {
    const remote = UPLOAD_PATH.exec(response.headers.get("Location") ?? "")?.[1];
    if (remote === undefined) throw new CallError("broken", response.status, { code: "broken" });
    await this.job.begun(remote);
    return new CoreResponse(response, { location: `${PLACE}/${remote}` });
  }

  /** A part that the server answers without having taken anything of it would be sent for ever. */
  async #moved(response: Response): Promise<HttpResponse> {
    const said = response.headers.get("Upload-Offset") ?? "";
    const offset = /^\d{1,15}$/u.test(said) ? Number(said) : -1;
    const least = this.method === "PATCH" ? Number(this.#headers["Upload-Offset"]) + 1 : 0;
    if (offset < least || offset > this.job.size) throw new CallError("broken", response.status, { code: "broken" });
    await this.job.acknowledged(offset);
    return new CoreResponse(response, { "upload-offset": String(offset), "upload-length": String(this.job.size) });
  }

  abort(): Promise<void> {
    this.#stop.abort();
    return Promise.resolve();
  }

  getUnderlyingObject(): null {
    return null;
  }
}

/** An answer as it was checked: no other header of it counts. */
class CoreResponse implements HttpResponse {
  constructor(
    private readonly response: Response,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  getStatus(): number {
    return this.response.status;
  }

  getHeader(header: string): string | undefined {
    return this.headers[header.toLowerCase()];
  }

  getBody(): string {
    return "";
  }

  getUnderlyingObject(): null {
    return null;
  }
}
