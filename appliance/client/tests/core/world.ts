/** A small office for the core's tests: a server, three people, a room, devices and tabs. */
import { Core, type CoreOptions } from "#core/index";

import { Device, FakeTime, START, until } from "./fakePorts";
import { FakeServer } from "./fakeServer";

export const MALEE = "p_malee";
export const SOMCHAI = "p_somchai";
export const PRASIT = "p_prasit";

export interface Tab {
  readonly core: Core;
  /** The browser kills the tab: nothing more runs, locks and sockets are freed. */
  readonly kill: () => void;
  readonly setVisible: (visible: boolean) => void;
}

export interface World {
  readonly time: FakeTime;
  readonly server: FakeServer;
  readonly room: string;
  device(): Device;
  tab(device: Device, options?: CoreOptions): Tab;
  /** A tab on `device` signed in and in step with the server. */
  signedIn(device: Device, user?: string, options?: CoreOptions & { remember?: boolean }): Promise<Tab>;
}

export function makeWorld({ empty = false } = {}): World {
  const time = new FakeTime();
  const server = new FakeServer(time.now);
  server.person(MALEE, "นางสาวมาลี ศรีสุข");
  server.person(SOMCHAI, "นายสมชาย ใจดี");
  server.person(PRASIT, "นายประสิทธิ์ แก้วงาม");
  const room = empty ? "" : server.createRoom(MALEE, "งานสารบรรณ", [SOMCHAI]);
  // That he was added is read; `told.test.ts` begins with people who have not seen it.
  if (!empty) server.read(SOMCHAI, room, 1);
  const tab = (device: Device, options?: CoreOptions): Tab => {
    const { ports, ...rest } = device.tab();
    return { core: new Core(ports, options), ...rest };
  };
  return {
    time,
    server,
    room,
    device: () => new Device(server, time),
    tab,
    signedIn: async (device, user = "somchai", options = {}) => {
      const made = tab(device, options);
      await made.core.start();
      await made.core.session.login(user, "correct", { remember: options.remember ?? true });
      await online(made.core);
      return made;
    },
  };
}

export async function online(core: Core): Promise<void> {
  await until(() => core.connection.snapshot().kind === "online" && core.rooms.list.snapshot().loaded, "online");
}

/** The words a timeline shows, in order. */
export function shown(core: Core, room: string): string[] {
  return core.timeline(room).snapshot().items.flatMap((item) => (item.kind === "message" ? [item.text] : []));
}

/** Waits until nothing of a person is left on the device. */
export async function wiped(device: Device): Promise<void> {
  await until(async () => (await diskBytes(device)) === "", "an empty disk");
}

/** Every value in the device's database, as bytes: what someone with the disk could read. */
export async function diskBytes(device: Device): Promise<string> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = device.indexedDB.open("gchat");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("no database"));
  });
  const parts: string[] = [];
  for (const name of db.objectStoreNames) {
    const request = db.transaction(name).objectStore(name).getAll();
    const values = await new Promise<unknown[]>((resolve) => (request.onsuccess = () => resolve(request.result as unknown[])));
    parts.push(...values.map(readable));
  }
  db.close();
  return parts.join("\n");
}

function readable(value: unknown): string {
  if (value instanceof CryptoKey) return `key extractable=${value.extractable}`;
  const sealed = value as { data?: ArrayBuffer };
  return sealed.data instanceof ArrayBuffer ? new TextDecoder().decode(sealed.data) : JSON.stringify(value);
}

export { START, until };
