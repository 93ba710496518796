/**
 * Uploads at the server in memory: tus 1.0 as far as its core and its extensions «creation» and «termination» go.
 *
 * It keeps the bytes that came and says how many; what else it makes of them a test decides.
 */
import { type Answer, refuse } from "./fakeServer";

interface FakeUpload {
  readonly person: string;
  readonly said: Readonly<Record<string, string>>;
  readonly size: number;
  bytes: Uint8Array;
  state: "receiving" | "preparing" | "ready" | "refused";
  /** What its message would carry, where a test says that it is another than what was sent. */
  file?: { readonly name: string; readonly size: number; readonly width?: number; readonly height?: number };
  refused: string | null;
}

export class FakeUploads {
  readonly kept = new Map<string, FakeUpload>();
  /** Whether an upload is ready with its last byte, or waits for `settle`. */
  settles = true;
  /** Bytes that came in bodies, whatever became of them. */
  received = 0;
  /** Why a new upload is refused; null when it is taken. */
  refuses: (said: Readonly<Record<string, string>>, size: number) => Answer | null = () => null;
  #made = 0;

  constructor(private readonly tell: (person: string, state: Record<string, unknown>) => void) {}

  /** The uploads there are, by name, in the order in which they were begun. */
  names(): string[] {
    return [...this.kept.values()].map(({ said }) => said["name"] ?? "");
  }

  named(name: string): FakeUpload {
    const found = [...this.kept.values()].find(({ said }) => said["name"] === name);
    if (found === undefined) throw new Error(`no upload ${name}`);
    return found;
  }

  /** What the server makes of an upload that has all its bytes; told to its sender. */
  settle(id: string, state: "ready" | "refused", refused: string | null = null): void {
    const upload = this.kept.get(id);
    if (upload === undefined) throw new Error(`no upload ${id}`);
    Object.assign(upload, { state, refused });
    this.tell(upload.person, { id, state, refused });
  }

  /** `bytes` is what came of the body: fewer than its length when the line was cut within it. */
  handle(person: string, method: string, id: string, headers: Headers, bytes: Uint8Array | null): Answer {
    if (method === "POST") return this.#create(person, headers);
    const upload = this.kept.get(id);
    if (upload === undefined || upload.person !== person) return refuse(404, "not_found");
    if (method === "DELETE") {
      this.kept.delete(id);
      return { status: 204 };
    }
    const { state, refused, size, said, file = null } = upload;
    const offset = { "Upload-Offset": String(upload.bytes.length), "Upload-Length": String(size) };
    if (method === "HEAD") return { status: 200, headers: offset };
    if (method === "GET") return { status: 200, body: { id, state, refused, name: said["name"], type: said["type"], size, offset: upload.bytes.length, expires_at: 0, file } };
    if (headers.get("Upload-Offset") !== offset["Upload-Offset"]) return { ...refuse(409, "wrong_offset"), headers: offset };
    return this.#append(id, upload, bytes ?? new Uint8Array());
  }

  #create(person: string, headers: Headers): Answer {
    const pairs = (headers.get("Upload-Metadata") ?? "").split(",").map((pair) => pair.split(" "));
    const said = Object.fromEntries(pairs.map(([key = "", value = ""]) => [key, Buffer.from(value, "base64").toString()]));
    const size = Number(headers.get("Upload-Length"));
    const refused = this.refuses(said, size);
    if (refused !== null) return refused;
    const id = `u_${++this.#made}`;
    this.kept.set(id, { person, said, size, bytes: new Uint8Array(), state: "receiving", refused: null });
    return { status: 201, headers: { Location: `http://elsewhere.test/api/v1/uploads/${id}` } };
  }

  #append(id: string, upload: FakeUpload, bytes: Uint8Array): Answer {
    this.received += bytes.length;
    upload.bytes = new Uint8Array(Buffer.concat([upload.bytes, bytes]));
    if (upload.bytes.length === upload.size) {
      upload.state = "preparing";
      if (this.settles) this.settle(id, "ready");
    }
    return { status: 204, headers: { "Upload-Offset": String(upload.bytes.length) } };
  }
}
