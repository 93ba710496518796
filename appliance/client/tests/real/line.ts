/**
 * A device whose core speaks to a real appliance over real TCP, through a proxy that cuts the line.
 *
 * IndexedDB, cryptography, HTTP, WebSockets and the server are the real thing; what a browser adds (tabs, locks, the
 * cookie jar) is small and here or in `fakePorts`. Time is real; `later` moves the device's clock on.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

import { Core, type CoreOptions, type NetworkPort, type Ports } from "#core/index";

import { socketPort } from "../../src/platform/socketPort";
import { Device, FakeTime } from "../core/fakePorts";
import { FakeServer } from "../core/fakeServer";

/** Where the line breaks: between the head of a request and its body, or between what the server did and its answer. */
export type Break = "request" | "answer";

/** A TCP proxy before the appliance. */
export class Line {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #target: { host: string; port: number };
  up = true;
  /** Asked at the head of each request, such as `POST /api/v1/login HTTP/1.1`, and at each message on a stream (`SEND`). */
  breakAt: (request: string) => Break | null = () => null;
  /** The line breaks within what is sent, when so many more bytes have gone through. */
  cutAfter = Number.POSITIVE_INFINITY;
  /** Bytes that went to the appliance, heads of requests and streams among them. */
  sent = 0;
  /** The next bytes that a stream brings are lost, and the line with them. */
  #losesStream = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#target = { host: hostname, port: Number(port) };
    this.#server = createServer((near) => this.#accept(near));
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection there is; while `up` is false new ones are refused too. */
  cut(): void {
    this.#losesStream = false;
    for (const socket of [...this.#open]) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }

  /** Asked before a message leaves on a stream; false when the line breaks before the server has it. */
  carries(): boolean {
    const breaks = this.breakAt("SEND");
    if (breaks === "request") this.cut();
    else this.#losesStream = breaks === "answer";
    return breaks !== "request";
  }

  #accept(near: Socket): void {
    if (!this.up) return void near.destroy();
    const far = connect(this.#target);
    let loses: Break | null = null;
    let stream = false;
    const end = (): void => {
      for (const socket of [near, far]) {
        socket.destroy();
        this.#open.delete(socket);
      }
    };
    for (const socket of [near, far]) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", end);
    }
    near.on("data", (bytes) => {
      const head = /^[A-Z]+ \S+ HTTP\/1\.1/.exec(bytes.toString("latin1"))?.[0];
      if (head !== undefined) loses = this.breakAt(head);
      stream ||= head?.startsWith("GET /api/v1/stream") === true;
      this.sent += bytes.length;
      this.cutAfter -= bytes.length;
      if (this.cutAfter < 0) {
        const gone = bytes.subarray(0, bytes.length + this.cutAfter);
        this.cutAfter = Number.POSITIVE_INFINITY;
        return void far.write(gone, () => this.cut());
      }
      if (loses !== "request") return void far.write(bytes);
      far.write(bytes.subarray(0, Math.min(bytes.length, bytes.indexOf("\r\n\r\n") + 4)), () => this.cut());
    });
    far.on("data", (bytes) => (loses === "answer" || (stream && this.#losesStream) ? this.cut() : near.write(bytes)));
  }
}

/** A browser on a machine, and the tab that is open in it. */
export interface RealTab {
  readonly core: Core;
  readonly device: Device;
  /** Brings the tab to the front: what is due is looked at. */
  readonly look: () => void;
  /** Moves the device's clock on. */
  readonly later: (ms: number) => void;
  /** The browser kills the tab. */
  readonly kill: () => void;
  /** The cookies of the browser. */
  readonly jar: Map<string, string>;
}

/** Opens a tab on a device of its own, or, in place of one that was killed, on the same. */
export function openTab(line: Line, options: CoreOptions = {}, former: RealTab | null = null): RealTab {
  const time = new FakeTime();
  const device = former?.device ?? new Device(new FakeServer(time.now), time);
  const jar = former?.jar ?? new Map<string, string>();
  const { ports, setVisible, kill } = device.tab();
  let ahead = 0;
  let alive = true;
  const real: Ports = {
    ...ports,
    time: { now: () => Date.now() + ahead, setTimeout: (run, ms) => setTimeout(() => alive && run(), ms), clearTimeout: (id) => clearTimeout(id) },
    network: realNetwork(line, jar, () => alive),
    random: () => 0.1, // a tenth of every wait
  };
  const killed = (): void => {
    alive = false;
    kill();
  };
  return { core: new Core(real, options), device, look: () => setVisible(true), later: (ms) => (ahead += ms), kill: killed, jar };
}

/** Node's own HTTP and WebSocket, with the cookies and the origin that a browser would add. */
function realNetwork(line: Line, jar: Map<string, string>, alive: () => boolean): NetworkPort {
  const headers = (): Record<string, string> => ({ Origin: line.url, Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") });
  return {
    fetch: async (input, init) => {
      const response = await fetch(line.url + input, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers() } });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";");
        jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
      }
      // A dead tab hears no answer.
      return alive() ? response : await new Promise<never>(() => undefined);
    },
    socket: (path) => {
      // Node takes headers where browsers take protocols.
      const port = socketPort(new WebSocket(line.url.replace("http", "ws") + path, { headers: headers() } as unknown as string[]));
      const send = port.send.bind(port);
      port.send = (data) => {
        if ((JSON.parse(data) as { type: string }).type !== "send" || line.carries()) send(data);
      };
      return port;
    },
  };
}
