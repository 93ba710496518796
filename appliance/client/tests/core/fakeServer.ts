/**
 * The staff API in memory, as far as the client's core can tell: logs, feed, receipts, views, sessions.
 *
 * For what a recorded trace cannot show: lines that break, tabs, caches, sessions, the outbox, the order of things. That
 * events and snapshots come to the same is held by traces of the real server (`../traces`), so this one counts only as far
 * as such a test looks. Actions are done as a person; `handle` and `listen` are the wire.
 */
import type { Departure, Event, Me, MemberView, MyRequest, MyRequests, RoomView, Sync } from "#core/protocol";

interface Member {
  since: number;
  /** Positions that were shown to them since they came in. */
  shown: Set<number>;
}
interface Mine {
  muted: boolean;
  pinned: boolean;
  hidden: number | null;
  cleared: number | null;
  clearedAt: number | null;
  unreadFrom: number | null;
}
interface Room {
  readonly id: string;
  readonly kind: string;
  readonly created: number;
  name: string | null;
  owner: string;
  members: Map<string, Member>;
  entries: Event[];
  mine: Map<string, Mine>;
  txns: Map<string, number>;
}
interface Line {
  readonly pos: number;
  readonly at: number;
  readonly type: string;
  readonly room: string | null;
  readonly person: string | null;
  readonly n: number | null;
  readonly state: Record<string, unknown> | null;
}
interface Listener {
  readonly person: string;
  readonly token: string;
  readonly cursor: string | null;
  live: boolean;
  watching: readonly string[];
  send: (text: string) => void;
  readonly close: (code: number) => void;
}
interface SendFrame {
  readonly room: string;
  readonly txn_id: string;
  readonly body: { readonly text: string };
}
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly cookie?: string | null;
}

const refuse = (status: number, code: string): Answer => ({
  status,
  body: { error: { code, message: code, field: null, request: "q_1" } },
});

export class FakeServer {
  readonly rooms = new Map<string, Room>();
  /** People whom nobody may write to first. */
  readonly unreachable = new Set<string>();
  readonly people = new Map<string, string>();
  /** The English names of those who have one. */
  readonly english = new Map<string, string>();
  readonly sessions = new Map<string, string>();
  readonly terms = { version: 1 as number, accepted: new Map<string, number>() };
  /** People who have to choose a new password before anything else. */
  readonly mustChange = new Set<string>();
  readonly calls: string[] = [];
  /** What each person's list of requests holds; a test puts it there, with an event to say so. */
  readonly requests = new Map<string, MyRequest[]>();
  readonly departures = new Map<string, Departure[]>();
  readonly seen = new Map<string, number>();
  /** How many rooms a page of a snapshot holds. */
  snapshotPage = Number.POSITIVE_INFINITY;
  /** Frames are dropped before they are sent while this says so: a fault the client must notice. */
  lose: (pos: number) => boolean = () => false;
  /** Refuses messages for now. */
  busy: { readonly status: number; readonly code: string; readonly retryAfter: number } | null = null;
  /** As in a large room: receipts wait to be told by the feed, those who look at the room hear of them at once. */
  coalesce = false;
  readonly #untold = new Map<string, Record<string, [number, number][]>>();
  #lines: Line[] = [];
  #pos = 0;
  #id = 0;
  readonly #listeners = new Set<Listener>();

  constructor(private readonly now: () => number) {}

  person(id: string, name: string): string {
    this.people.set(id, name);
    this.terms.accepted.set(id, 1);
    return id;
  }

  #names(id: string): { name: string; name_en: string | null } {
    return { name: this.people.get(id) ?? id, name_en: this.english.get(id) ?? null };
  }

  // --- what people do --------------------------------------------------------------------------------------------

  createRoom(owner: string, name: string | null, members: readonly string[], kind = "group"): string {
    const id = `r_${++this.#id}`;
    const room: Room = { id, kind, created: this.now(), name, owner, members: new Map(), entries: [], mine: new Map(), txns: new Map() };
    this.rooms.set(id, room);
    room.members.set(owner, { since: 0, shown: new Set() });
    this.#append(room, owner, { type: "room.create", state: { kind, name, owner } });
    this.#own("room", room, owner);
    if (members.length > 0) this.add(owner, id, members);
    return id;
  }

  send(person: string, roomId: string, text: string, extra: { mentions?: string[]; reply_to?: number; txn?: string } = {}): Event {
    const room = this.room(roomId);
    const { mentions, reply_to, txn } = extra;
    const body = { text, ...(mentions ? { mentions } : {}) };
    if (txn !== undefined) room.txns.set(`${person} ${txn}`, room.entries.length);
    return this.#append(room, person, { type: "message.text", body, ...(reply_to === undefined ? {} : { reply_to }) });
  }

  redact(person: string, roomId: string, n: number): void {
    this.#append(this.room(roomId), person, { type: "message.redact", target: n, state: {} });
  }

  react(person: string, roomId: string, n: number, emoji: string, on: boolean): void {
    this.#append(this.room(roomId), person, { type: "message.reaction", target: n, state: { emoji, on } });
  }

  add(person: string, roomId: string, people: readonly string[]): void {
    const room = this.room(roomId);
    const since = room.entries.length;
    for (const id of people) this.departures.set(id, (this.departures.get(id) ?? []).filter((gone) => gone.room !== roomId));
    for (const id of people) room.members.set(id, { since, shown: new Set() });
    const members = people.map((p) => ({ p, name: this.people.get(p), unit: "", post: "" }));
    this.#append(room, person, { type: "member.add", state: { members } });
    for (const id of people) this.#own("room", room, id);
  }

  remove(person: string, roomId: string, people: readonly string[]): void {
    const room = this.room(roomId);
    for (const id of people) {
      const gone = { room: roomId, room_name: room.name ?? "", at: this.now(), by: person, by_name: this.people.get(person) ?? null };
      this.departures.set(id, [gone, ...(this.departures.get(id) ?? [])]);
      room.members.delete(id);
      room.mine.delete(id);
    }
    this.#append(room, person, { type: "member.remove", state: { members: [...people] } });
    for (const id of people) this.#own("room.left", room, id);
  }

  transfer(person: string, roomId: string, to: string): void {
    const room = this.room(roomId);
    room.owner = to;
    this.#append(room, person, { type: "owner.transfer", state: { to } });
  }

  rename(person: string, roomId: string, name: string): void {
    const room = this.room(roomId);
    const old = room.name;
    room.name = name;
    this.#append(room, person, { type: "room.rename", state: { name, old } });
  }

  /** Positions `first` to `upto` were shown to a person: everything up to there where no `first` is given. */
  read(person: string, roomId: string, upto: number, first = 0): void {
    const room = this.room(roomId);
    const member = room.members.get(person);
    if (member === undefined) return;
    for (let n = Math.max(first, member.since); n <= upto; n += 1) member.shown.add(n);
    const waiting = this.#untold.get(roomId) ?? {};
    this.#untold.set(roomId, waiting);
    waiting[person] = [...(waiting[person] ?? []), [first, upto]];
    if (!this.coalesce) return this.tell(roomId);
    this.#pass({ type: "receipt", room: roomId, state: stateOf({ [person]: [[first, upto]] }) }, ({ watching }) => watching.includes(roomId));
  }

  /** Has the feed say what it has not said of a room's readers. */
  tell(roomId: string): void {
    const waiting = this.#untold.get(roomId);
    this.#untold.delete(roomId);
    if (waiting !== undefined) this.#line({ type: "receipt", room: roomId, person: null, n: null, state: stateOf(waiting) });
  }

  setMine(person: string, roomId: string, change: Partial<Mine>): void {
    const room = this.room(roomId);
    room.mine.set(person, { muted: false, pinned: false, hidden: null, cleared: null, clearedAt: null, unreadFrom: null, ...room.mine.get(person), ...change });
    this.#own("room", room, person);
  }

  clear(person: string, roomId: string): void {
    const last = this.room(roomId).entries.length - 1;
    this.setMine(person, roomId, { cleared: last, clearedAt: this.now(), hidden: last, unreadFrom: null });
  }

  typing(person: string, roomId: string): void {
    this.#pass({ type: "typing", room: roomId, sender: person, state: {} }, (listener) => listener.person !== person);
  }

  /** The rooms that a person's streams have on their screens. */
  watchedBy(person: string): string[] {
    return [...this.#listeners].filter((listener) => listener.person === person).flatMap(({ watching }) => [...watching]);
  }

  tellPerson(person: string, type: string, state: Record<string, unknown>, room: string | null = null): void {
    this.#line({ type, room, person, n: null, state });
  }

  /** Ends every session of a person, as a revocation does. */
  revoke(person: string): void {
    for (const [token, owner] of this.sessions) if (owner === person) this.sessions.delete(token);
    for (const listener of [...this.#listeners]) if (listener.person === person) listener.close(4401);
  }

  /** Drops everybody to the cursor, as for a slow reader. */
  dropAll(): void {
    for (const listener of [...this.#listeners]) listener.close(1006);
  }

  texts(roomId: string): string[] {
    return this.room(roomId).entries.filter((event) => event.type === "message.text").map((event) => event.body?.text ?? "");
  }

  room(id: string): Room {
    const room = this.rooms.get(id);
    if (room === undefined) throw new Error(`no room ${id}`);
    return room;
  }

  // --- views -----------------------------------------------------------------------------------------------------

  view(person: string, roomId: string, withMembers: boolean): RoomView {
    const room = this.room(roomId);
    const me = room.members.get(person);
    if (me === undefined) throw new Error("not a member");
    const mine = room.mine.get(person) ?? { muted: false, pinned: false, hidden: null, cleared: null, clearedAt: null, unreadFrom: null };
    const furthest = reading(me).read;
    const read = mine.unreadFrom === null ? furthest : Math.min(furthest, mine.unreadFrom - 1);
    const after = Math.max(read, mine.cleared ?? -1);
    const texts = room.entries.filter((event) => event.type === "message.text");
    const others = texts.filter((event) => (event.n ?? 0) > after && event.sender !== person);
    const names = others.filter(({ body }) => (body?.mentions ?? []).includes(person));
    const told = room.entries.filter((event) => room.kind === "group" && adds(event, person));
    const newest = [...texts, ...told].reduce<Event | undefined>((a, b) => ((b.n ?? 0) > (a?.n ?? -1) ? b : a), undefined);
    const last = newest !== undefined && (newest.n ?? 0) > (mine.cleared ?? -1) ? newest : undefined;
    const hidden = mine.hidden !== null && (last === undefined || (last.n ?? 0) <= mine.hidden);
    const role = (id: string): "owner" | "member" => (id === room.owner ? "owner" : "member");
    const members = [...room.members].map(([id, member]): MemberView => {
      return { person: id, ...this.#names(id), role: role(id), since: member.since, ...reading(member) };
    });
    return {
      id: room.id,
      kind: room.kind,
      name: room.name,
      owner: room.owner,
      scope: "local",
      role: role(person),
      member_count: room.members.size,
      created: room.created,
      size: room.entries.length,
      unread: Math.min(1_000, others.length + told.filter((event) => (event.n ?? 0) > after).length),
      mentions: Math.min(1_000, names.length),
      read: furthest,
      ...(mine.muted ? { muted: true } : {}),
      ...(mine.pinned ? { pinned: true } : {}),
      ...(hidden ? { hidden: true } : {}),
      ...(mine.cleared === null ? {} : { cleared: mine.cleared }),
      ...(mine.clearedAt === null ? {} : { cleared_at: mine.clearedAt }),
      ...(mine.unreadFrom === null ? {} : { unread_from: mine.unreadFrom }),
      ...(last === undefined ? {} : { last: this.#stored(room, last, false) }),
      ...(withMembers || room.name === null ? { members } : {}),
    };
  }

  /** Why sessions ended, by token, as far as it is kept. */
  readonly ends = new Map<string, string>();

  me(person: string): Me {
    return {
      person: { id: person, ...this.#names(person) },
      roles: ["member"],
      unit: null,
      terms: { version: this.terms.version, accepted: this.terms.accepted.get(person) ?? null },
      csrf: `csrf-${person}`,
      must_change_password: this.mustChange.has(person),
      contact_mode: "normal",
      shortest_password: 12,
      server_version: "0.0.0",
    };
  }

  /** An entry as it stands now: with its reactions, or retracted. */
  #stored(room: Room, event: Event, reactions: boolean): Event {
    if (event.type !== "message.text") return event;
    const later = room.entries.filter((other) => other.target === event.n);
    if (later.some((other) => other.type === "message.redact")) return retracted(event);
    const found = reactions ? this.#reactions(later) : [];
    return { ...event, ...(found.length === 0 ? {} : { reactions: found }) };
  }

  #reactions(later: readonly Event[]): { emoji: string; people: string[] }[] {
    const found = new Map<string, Set<string>>();
    for (const { type, state, sender } of later) {
      if (type !== "message.reaction" || typeof sender !== "string") continue;
      const people = found.get(state?.["emoji"] as string) ?? new Set<string>();
      found.set(state?.["emoji"] as string, people);
      if (state?.["on"] === true) people.add(sender);
      else people.delete(sender);
    }
    return [...found].filter(([, people]) => people.size > 0).map(([emoji, people]) => ({ emoji, people: [...people] }));
  }

  // --- the feed --------------------------------------------------------------------------------------------------

  #append(room: Room, sender: string, what: Partial<Event> & { type: string }): Event {
    const n = room.entries.length;
    const event: Event = { at: this.now(), room: room.id, n, id: `e_${++this.#id}`, sender, ...what };
    room.entries.push(event);
    this.#line({ type: event.type, room: room.id, person: null, n, state: null });
    return event;
  }

  #own(type: string, room: Room, person: string): void {
    this.#line({ type, room: room.id, person, n: null, state: null });
  }

  #line(what: Omit<Line, "pos" | "at">): void {
    this.#pos += 1;
    const line: Line = { ...what, pos: this.#pos, at: this.now() };
    this.#lines.push(line);
    for (const listener of [...this.#listeners]) {
      if (!listener.live || this.lose(line.pos)) continue;
      const events = this.#concerns(listener.person, line) ? this.#event(listener.person, line, false) : [];
      if (events.length > 0) listener.send(JSON.stringify({ pos: cursorAt(line.pos), events }));
    }
  }

  /** Tells live streams something that has no position of its own. */
  #pass(what: Partial<Event> & { type: string; room: string }, to: (listener: Listener) => boolean): void {
    const event: Event = { at: this.now(), ...what };
    for (const listener of this.#listeners) {
      const hears = listener.live && this.room(what.room).members.has(listener.person) && to(listener);
      if (hears) listener.send(JSON.stringify({ pos: cursorAt(this.#pos), events: [event] }));
    }
  }

  #concerns(person: string, line: Line): boolean {
    if (line.person !== null) return line.person === person;
    return line.room !== null && this.room(line.room).members.has(person);
  }

  #event(person: string, line: Line, stored: boolean): Event[] {
    const room = line.room === null ? null : this.room(line.room);
    if (room !== null && line.n !== null) {
      const event = room.entries[line.n];
      if (event === undefined) return [];
      const shown = stored ? this.#stored(room, event, true) : event;
      const sent = event.sender !== person ? undefined : [...room.txns].find(([key, n]) => key.startsWith(`${person} `) && n === line.n);
      return [sent === undefined ? shown : { ...shown, txn_id: sent[0].slice(person.length + 1) }];
    }
    const base = { at: line.at, type: line.type, ...(line.room === null ? {} : { room: line.room }) };
    if (line.type === "room") {
      if (room === null || !room.members.has(person)) return [];
      return [{ ...base, state: { ...this.view(person, room.id, false) } }];
    }
    return [{ ...base, state: line.state ?? {} }];
  }

  sync(person: string, after: string | null, limit: number, cursor: string | null = null): Sync {
    const since = positionOf(after);
    if (since === 0 || since > this.#pos || cursor !== null) {
      const [pos = 0, from = 0] = (cursor ?? `${this.#pos}.0`).split(".").map(Number);
      const mine = [...this.rooms.values()].filter((room) => room.members.has(person));
      const events = mine.map((room): Event => ({ type: "room", at: this.now(), room: room.id, state: { ...this.view(person, room.id, false) } }));
      const to = from + this.snapshotPage;
      const rest = to < events.length ? { cursor: `${pos}.${to}` } : {};
      return { pos: cursorAt(pos), events: events.slice(from, to), more: to < events.length, snapshot: true, ...rest };
    }
    const lines = this.#lines.filter((line) => line.pos > since && this.#concerns(person, line));
    const page = lines.slice(0, limit);
    const more = lines.length > limit;
    return { pos: cursorAt(more ? (page.at(-1)?.pos ?? since) : this.#pos), events: page.flatMap((line) => this.#event(person, line, true)), more };
  }

  listen(token: string | null, path: string, send: (text: string) => void, close: (code: number) => void): { attach(): void; detach(): void; hear(text: string): void } | null {
    const person = token === null ? undefined : this.sessions.get(token);
    if (person === undefined || token === null || this.#wantedFirst(person) !== null) return null;
    const cursor = new URL(path, "http://gchat.test").searchParams.get("since");
    const listener: Listener = { person, token, cursor, live: false, watching: [], send, close };
    return {
      attach: () => {
        const { pos, events } = this.sync(person, cursor, 100_000);
        if (pos !== cursor) send(JSON.stringify({ pos, events }));
        listener.live = true;
        this.#listeners.add(listener);
      },
      detach: () => void this.#listeners.delete(listener),
      hear: (text) => {
        const frame = JSON.parse(text) as SendFrame & { type: string; upto: number; first?: number; rooms: string[] };
        if (frame.type === "ping") send(JSON.stringify({ pong: this.now() }));
        if (frame.type === "receipt") this.read(person, frame.room, frame.upto, frame.first);
        if (frame.type === "watch") listener.watching = frame.rooms;
        if (frame.type === "typing") this.typing(person, frame.room);
        if (frame.type === "send") this.#hearMessage(listener, frame);
      },
    };
  }

  /** A message is answered before anybody hears of it. */
  #hearMessage(listener: Listener, frame: SendFrame): void {
    const { person, send } = listener;
    this.calls.push(`SEND /rooms/${frame.room}/messages`);
    const later: string[] = [];
    listener.send = (text) => void later.push(text);
    const room = this.rooms.get(frame.room);
    const outside = room === undefined ? refuse(404, "not_found") : room.members.has(person) ? null : refuse(403, "not_a_member");
    const { status, body } = outside ?? this.#post(person, this.room(frame.room), { ...frame });
    listener.send = send;
    const wait = this.busy === null ? {} : { retry_after: this.busy.retryAfter };
    send(JSON.stringify({ txn_id: frame.txn_id, ...(body as object), ...(status < 300 ? {} : { status, ...wait }) }));
    for (const text of later) send(text);
  }

  // --- HTTP ------------------------------------------------------------------------------------------------------

  handle(token: string | null, method: string, path: string, init: RequestInit): Answer {
    const url = new URL(path, "http://gchat.test");
    const route = url.pathname.replace("/api/v1", "");
    this.calls.push(`${method} ${route}${url.search}`);
    const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Record<string, unknown>;
    if (route === "/login") return this.#login(body);
    if (route === "/agency") return { status: 200, body: { name_th: "กรมทดสอบ", name_en: "Test Department", helpdesk: {} } };
    const person = token === null ? undefined : this.sessions.get(token);
    if (person === undefined) return refuse(401, this.ends.get(token ?? "") ?? "unauthenticated");
    const csrf = (init.headers as Record<string, string>)["X-CSRF-Token"];
    if (method !== "GET" && csrf !== this.me(person).csrf) return refuse(403, "csrf");
    if (route === "/me/requests") return { status: 200, body: this.#requests(person, Number(url.searchParams.get("cursor") ?? 0)) };
    if (route === "/me/requests/seen") {
      this.seen.set(person, body["upto"] as number);
      this.tellPerson(person, "requests.seen", {});
      return { status: 204 };
    }
    if (route === "/me") return { status: 200, body: this.me(person) };
    if (route === "/terms" && method === "POST") {
      this.terms.accepted.set(person, body["version"] as number);
      return { status: 200, body: {} };
    }
    if (route === "/logout") {
      this.sessions.delete(token ?? "");
      if (![...this.sessions.values()].includes(person)) this.revoke(person); // its streams end with the session
      return { status: 204, cookie: null };
    }
    if (route === "/password") {
      this.mustChange.delete(person);
      return { status: 204 };
    }
    const first = this.#wantedFirst(person);
    if (first !== null) return refuse(403, first);
    return this.#route(person, method, route.split("/").slice(1), url.searchParams, body);
  }

  /** What the person has to do before anything else (`appliance/web/preconditions.py`). */
  #wantedFirst(person: string): "must_change_password" | "terms_not_accepted" | null {
    if (this.mustChange.has(person)) return "must_change_password";
    return (this.terms.accepted.get(person) ?? 0) < this.terms.version ? "terms_not_accepted" : null;
  }

  /** Pages of two. */
  #requests(person: string, from: number): MyRequests {
    const seen = this.seen.get(person) ?? 0;
    const departures = (this.departures.get(person) ?? []).map((one) => ({ ...one, fresh: one.at > seen }));
    const requests = this.requests.get(person) ?? [];
    const following = from + 2 < requests.length ? { cursor: String(from + 2) } : {};
    const waiting = requests.filter((one) => one.waits_for_me).length;
    const answers = requests.filter((one) => one.fresh).length;
    return { requests: requests.slice(from, from + 2), waiting, answers, departures, escalates_days: 3, repeats_days: 7, ...following };
  }

  #login(body: Record<string, unknown>): Answer {
    const person = `p_${String(body["user"])}`;
    if (!this.people.has(person) || body["password"] !== "correct") return refuse(401, "wrong_credentials");
    const token = `t_${++this.#id}`;
    this.sessions.set(token, person);
    const done = { token, expires: this.now() + 1e9, person: this.me(person).person, csrf: this.me(person).csrf };
    return { status: 200, body: done, cookie: token };
  }

  #route(person: string, method: string, parts: string[], query: URLSearchParams, body: Record<string, unknown>): Answer {
    const [kind, id = "", what, n] = parts;
    if (kind === "sync") return { status: 200, body: this.sync(person, query.get("since"), Number(query.get("limit")), query.get("cursor")) };
    if (kind === "people" && method === "POST") return this.#writeTo(person, id, body);
    if (kind === "people") return { status: 200, body: { person: { id, ...this.#names(id) } } };
    if (kind === "rooms" && method === "POST" && id === "") {
      const members = body["members"] as string[];
      const made = this.createRoom(person, (body["name"] as string | undefined) ?? null, members, body["kind"] as string);
      return { status: 201, body: { room: this.view(person, made, true) } };
    }
    const room = this.rooms.get(id);
    if (room === undefined) return refuse(404, "not_found");
    if (!room.members.has(person)) return refuse(403, "not_a_member");
    if (what === undefined) return { status: 200, body: { room: this.view(person, id, true) } };
    if (what === "unread") {
      this.setMine(person, id, { unreadFrom: method === "DELETE" ? null : (body["n"] as number) });
      return { status: 204 };
    }
    if (what === "receipts") {
      this.read(person, id, body["upto"] as number, body["first"] as number | undefined);
      return { status: 204 };
    }
    if (what !== "messages") return refuse(404, "not_found");
    if (n !== undefined && parts[4] === "reactions") {
      this.react(person, id, Number(n), decodeURIComponent(parts[5] ?? ""), method === "PUT");
      return { status: 204 };
    }
    return method === "POST" ? this.#post(person, room, body) : this.#page(room, query);
  }

  #writeTo(person: string, other: string, body: Record<string, unknown>): Answer {
    if (this.unreachable.has(other)) return refuse(403, "contact_not_allowed");
    const known = [...this.rooms.values()].find(({ kind, members }) => kind === "direct" && members.has(person) && members.has(other));
    const room = this.room(known?.id ?? this.createRoom(person, null, [other], "direct"));
    const { body: said } = this.#post(person, room, body);
    return { status: 201, body: { room: room.id, ...(said as object) } };
  }

  #post(person: string, room: Room, body: Record<string, unknown>): Answer {
    if (this.busy !== null) return refuse(this.busy.status, this.busy.code);
    const txn = body["txn_id"] as string;
    const text = body["body"] as { text: string; mentions?: string[] };
    if (text.text.length > 20_000) return refuse(413, "too_large");
    const known = room.txns.get(`${person} ${txn}`);
    const reply = body["reply_to"] as number | undefined;
    const event = known === undefined ? this.send(person, room.id, text.text, { txn, ...(text.mentions ? { mentions: text.mentions } : {}), ...(reply === undefined ? {} : { reply_to: reply }) }) : room.entries[known];
    return { status: 201, body: { n: event?.n, id: event?.id, at: event?.at } };
  }

  #page(room: Room, query: URLSearchParams): Answer {
    const limit = Number(query.get("limit") ?? 50);
    const size = room.entries.length;
    const asked = (name: string): number | null => (query.has(name) ? Number(query.get(name)) : null);
    const [before, after, around] = [asked("before"), asked("after"), asked("around")];
    const part = (first: number, last: number): Event[] => room.entries.slice(first, last + 1).map((event) => this.#stored(room, event, true));
    if (after !== null) {
      const last = Math.min(size - 1, after + limit);
      return { status: 200, body: { messages: part(after + 1, last), has_more: last < size - 1 } };
    }
    if (around !== null) {
      const first = Math.max(0, around - Math.floor(limit / 2));
      const last = Math.min(size - 1, first + limit - 1);
      return { status: 200, body: { messages: part(first, last), has_more: last < size - 1 } };
    }
    const last = (before === null ? size : Math.min(size, before)) - 1;
    const first = Math.max(0, last - limit + 1);
    return { status: 200, body: { messages: part(first, last).reverse(), has_more: first > 0 } };
  }
}

/** What clients get for a position of the feed: nothing that can be computed with. */
const cursorAt = (pos: number): string => `at-${pos}`;
const positionOf = (cursor: string | null): number => Number(cursor?.slice(3) ?? 0);

function stateOf(shown: Record<string, [number, number][]>): Record<string, unknown> {
  const read = Object.fromEntries(Object.entries(shown).map(([person, ranges]) => [person, Math.max(...ranges.map(([, upto]) => upto))]));
  return { read, shown };
}

/** Whether an entry added this person. */
function adds({ type, sender, state }: Event, person: string): boolean {
  return type === "member.add" && sender !== person && (state?.["members"] as { p: string }[]).some(({ p }) => p === person);
}

/** How far a member has read and what they passed over, from the positions that were shown to them. */
function reading({ since, shown }: Member): { read: number; skipped?: [number, number][] } {
  // That they were added is unread; whoever made the room begins with its first entry read.
  const read = Math.max(since - 1, 0, ...shown);
  const skipped: [number, number][] = [];
  for (let n = Math.max(since, 1); n < read; n += 1) {
    const last = skipped.at(-1);
    if (shown.has(n)) continue;
    if (last?.[1] === n - 1) last[1] = n;
    else skipped.push([n, n]);
  }
  return { read, ...(skipped.length === 0 ? {} : { skipped }) };
}

function retracted({ body: _, ...event }: Event): Event {
  return { ...event, hidden: "retracted" };
}
