/**
 * The staff API in memory, as far as a trace of the real server cannot show it: lines that break, tabs, caches, sessions,
 * the outbox, the order of things.
 *
 * It keeps entries, hands out what happened by cursor and answers a message with the same `txn_id` once. It counts
 * nothing and folds nothing: what the server says of a room, of an entry as it stands later or of anything else is handed
 * in by the test that asks (`says`, `amend`, `canned`). That events and snapshots come to the same is held by traces of
 * the real server (`../traces`). `handle` and `listen` are the wire.
 */
import type { Event, FileView, Me, MemberView, RoomView, Sync } from "#core/protocol";

import { FakeUploads } from "./fakeUploads";

interface Member {
  readonly since: number;
  read: number;
  /** What a view of the room says to this member, in front of what is known without counting. */
  readonly said: Partial<RoomView>;
}
interface Room {
  readonly id: string;
  readonly kind: string;
  readonly created: number;
  readonly name: string | null;
  readonly owner: string;
  readonly members: Map<string, Member>;
  readonly entries: Event[];
  /** What entries say when they are read again, by position. */
  readonly amended: Map<number, Partial<Event>>;
}
/** A line of the feed: an event, an entry, or that a room's view is to be told to `person`. */
interface Line {
  readonly pos: number;
  readonly person: string | null;
  readonly event: Event;
}
interface Listener {
  readonly person: string;
  live: boolean;
  watching: readonly string[];
  send: (text: string) => void;
  readonly close: (code: number) => void;
}
interface Message {
  readonly txn_id: string;
  readonly body: { readonly text: string; readonly mentions?: string[] };
  readonly files?: string[];
  readonly reply_to?: number | null;
}
/** What a client says on its stream. */
type Frame = Message & { type: string; room: string; upto: number; first?: number; rooms: string[] };
interface Receipt {
  readonly person: string;
  readonly room: string;
  readonly first: number;
  readonly upto: number;
}
interface Stream {
  attach(): void;
  detach(): void;
  hear(text: string): void;
}
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly cookie?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Call {
  readonly person: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}

export const refuse = (status: number, code: string): Answer => ({
  status,
  body: { error: { code, message: code, field: null, request: "q_1" } },
});
const NO_REQUESTS = { requests: [], waiting: 0, answers: 0, photos: 0, departures: [], escalates_days: 3, repeats_days: 7 };

export class FakeServer {
  readonly rooms = new Map<string, Room>();
  readonly people = new Map<string, string>();
  /** The English names of those who have one. */
  readonly english = new Map<string, string>();
  /** Whose session a token is, and why those that ended did, as far as it is kept. */
  readonly sessions = new Map<string, string>();
  readonly ends = new Map<string, string>();
  readonly terms = { version: 1 as number, accepted: new Map<string, number>() };
  /** People who have to choose a new password before anything else. */
  readonly mustChange = new Set<string>();
  readonly calls: string[] = [];
  readonly receipts: Receipt[] = [];
  readonly uploads = new FakeUploads((person, state) => this.tellPerson(person, "upload", state));
  /** Answers that stand before the server's own, by method and route. */
  readonly canned = new Map<string, (call: Call) => Answer>([["GET /me/requests", () => ({ status: 200, body: NO_REQUESTS })]]);
  /** How many rooms a page of a snapshot holds. */
  snapshotPage = Number.POSITIVE_INFINITY;
  /** Frames are dropped before they are sent while this says so: a fault the client must notice. */
  lose: (pos: number) => boolean = () => false;
  /** Refuses messages for now. */
  busy: { readonly status: number; readonly code: string; readonly retryAfter: number } | null = null;
  /** Rooms that another agency orders, and what waits for it. */
  readonly ordered = new Map<string, string>();
  readonly #waiting: { readonly person: string; readonly room: string; readonly text: string; readonly extra: { txn: string }; readonly id: string }[] = [];
  readonly #lines: Line[] = [];
  #id = 0;
  readonly #listeners = new Set<Listener>();

  constructor(private readonly now: () => number) {}

  person(id: string, name: string): void {
    this.people.set(id, name);
    this.terms.accepted.set(id, 1);
  }

  // --- what people do --------------------------------------------------------------------------------------------

  createRoom(owner: string, name: string | null, members: readonly string[], kind = "group"): string {
    const id = `r_${++this.#id}`;
    const room: Room = { id, kind, created: this.now(), name, owner, members: new Map(), entries: [], amended: new Map() };
    this.rooms.set(id, room);
    room.members.set(owner, { since: 0, read: 0, said: {} });
    this.append(owner, id, { type: "room.create", state: { kind, name, owner } });
    this.tells(owner, id, {});
    if (members.length > 0) this.add(owner, id, members);
    return id;
  }

  append(sender: string, roomId: string, what: Partial<Event> & { type: string }): Event {
    const { entries } = this.room(roomId);
    const event: Event = { at: this.now(), room: roomId, n: entries.length, id: `e_${++this.#id}`, sender, ...what };
    entries.push(event);
    this.#line(event);
    return event;
  }

  send(person: string, roomId: string, text: string, { txn, ...extra }: { mentions?: string[]; files?: FileView[]; reply_to?: number; txn?: string } = {}): Event {
    const { mentions, files, ...rest } = extra;
    const body = { text, ...(mentions ? { mentions } : {}), ...(files ? { files } : {}) };
    return this.append(person, roomId, { type: "message.text", body, ...rest, ...(txn === undefined ? {} : { txn_id: txn }) });
  }

  redact(person: string, roomId: string, n: number): void {
    this.amend(roomId, n, { body: null, hidden: "retracted" });
    this.append(person, roomId, { type: "message.redact", target: n, state: {} });
  }

  react(person: string, roomId: string, n: number, emoji: string, on: boolean): void {
    this.append(person, roomId, { type: "message.reaction", target: n, state: { emoji, on } });
  }

  add(person: string, roomId: string, people: readonly string[]): void {
    const room = this.room(roomId);
    const since = room.entries.length;
    for (const id of people) room.members.set(id, { since, read: since - 1, said: {} });
    const members = people.map((p) => ({ p, name: this.people.get(p), unit: "", post: "" }));
    this.append(person, roomId, { type: "member.add", state: { members } });
    for (const id of people) this.tells(id, roomId, {});
  }

  remove(person: string, roomId: string, people: readonly string[]): void {
    for (const id of people) this.room(roomId).members.delete(id);
    this.append(person, roomId, { type: "member.remove", state: { members: [...people] } });
    for (const id of people) this.tellPerson(id, "room.left", {}, roomId);
  }

  /** Positions `first` to `upto` were shown to a person: everything up to there where no `first` is given. */
  read(person: string, roomId: string, upto: number, first = 0): void {
    const member = this.room(roomId).members.get(person);
    if (member === undefined) return;
    member.read = Math.max(member.read, upto);
    this.receipts.push({ person, room: roomId, first, upto });
    this.#line(this.receipt({ person, room: roomId, first, upto }));
  }

  receipt({ person, room, first, upto }: Receipt): Event & { room: string } {
    return { type: "receipt", at: this.now(), room, state: { read: { [person]: upto }, shown: { [person]: [[first, upto]] } } };
  }

  // --- what a test hands in --------------------------------------------------------------------------------------

  /** The view of a room says this to a person from now on. */
  says(person: string, roomId: string, view: Partial<RoomView>): void {
    Object.assign(this.#inside(person, this.room(roomId)).said, view);
  }

  /** As `says`, and their devices are told so. */
  tells(person: string, roomId: string, view: Partial<RoomView>): void {
    this.says(person, roomId, view);
    this.#line({ type: "room", at: this.now(), room: roomId }, person);
  }

  /** Says what an entry is from now on to whoever reads it again. */
  amend(roomId: string, n: number, as: Partial<Event>): void {
    this.room(roomId).amended.set(n, as);
  }

  /** Tells everybody in a room what has no position of its own, as a line of the feed. */
  tellRoom(roomId: string, type: string, state: Record<string, unknown>): void {
    this.#line({ type, at: this.now(), room: roomId, state });
  }

  tellPerson(person: string, type: string, state: Record<string, unknown>, room: string | null = null): void {
    this.#line({ type, at: this.now(), ...(room === null ? {} : { room }), state }, person);
  }

  /** Tells live streams of members something that has no position of its own. */
  pass(event: Event & { room: string }, hears: (listener: { person: string; watching: readonly string[] }) => boolean): void {
    for (const listener of this.#listeners) {
      if (listener.live && this.room(event.room).members.has(listener.person) && hears(listener)) this.#frame(listener, [event]);
    }
  }

  typing(person: string, room: string): void {
    this.pass({ type: "typing", at: this.now(), room, sender: person, state: {} }, (listener) => listener.person !== person);
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

  // --- what a test looks at --------------------------------------------------------------------------------------

  /** The rooms that a person's streams have on their screens. */
  watchedBy(person: string): string[] {
    return [...this.#listeners].filter((listener) => listener.person === person).flatMap(({ watching }) => [...watching]);
  }

  texts(roomId: string): string[] {
    return this.room(roomId).entries.filter((event) => event.type === "message.text").map((event) => event.body?.text ?? "");
  }

  room(id: string): Room {
    const room = this.rooms.get(id);
    if (room === undefined) throw new Error(`no room ${id}`);
    return room;
  }

  // --- the feed --------------------------------------------------------------------------------------------------

  #inside(person: string, { members }: Room): Member {
    const member = members.get(person);
    if (member === undefined) throw new Error("not a member");
    return member;
  }

  #view(person: string, room: Room, withMembers: boolean): RoomView {
    const { id, kind, name, owner, created, members, entries } = room;
    const me = this.#inside(person, room);
    const role = (one: string): "owner" | "member" => (one === owner ? "owner" : "member");
    const named = [...members].map(([one, { since, read }]): MemberView => ({ person: one, ...this.#names(one), role: role(one), since, read }));
    // That somebody was added is a line to them, and unread until they have seen it.
    const added = (n: number): boolean => kind === "group" && me.since > 0 && n === me.since;
    const last = entries.findLast(({ type, n }) => type === "message.text" || added(n ?? 0)) ?? null;
    const known = { id, kind, name, owner, scope: "local", role: role(person), member_count: members.size, created, size: entries.length } as const;
    return { ...known, unread: added(me.read + 1) ? 1 : 0, mentions: 0, read: me.read, last, ...me.said, ...(withMembers || name === null ? { members: named } : {}) };
  }

  #names(id: string): { name: string; name_en: string | null } {
    return { name: this.people.get(id) ?? id, name_en: this.english.get(id) ?? null };
  }

  #line(event: Event, person: string | null = null): void {
    const line: Line = { pos: this.#lines.length + 1, person, event };
    this.#lines.push(line);
    for (const listener of [...this.#listeners]) {
      if (listener.live && !this.lose(line.pos) && this.#concerns(listener.person, line)) this.#frame(listener, [this.#told(listener.person, line)]);
    }
  }

  #frame({ send }: Listener, events: readonly Event[]): void {
    send(JSON.stringify({ pos: cursorAt(this.#lines.length), events }));
  }

  #concerns(person: string, { person: to, event }: Line): boolean {
    const inside = typeof event.room === "string" && this.room(event.room).members.has(person);
    return to === null || event.type === "room" ? inside && (to ?? person) === person : to === person;
  }

  /** What one person is told: a room as it is to them, an entry with its `txn_id` if it is theirs. */
  #told(person: string, { event }: Line): Event {
    const { txn_id, ...rest } = event;
    if (event.type === "room") return { ...event, state: { ...this.#view(person, this.room(event.room ?? ""), false) } };
    return event.sender === person && txn_id !== undefined ? { ...rest, txn_id } : rest;
  }

  #asItIs({ entries, amended }: Room, first: number, last: number): Event[] {
    return entries.slice(first, last + 1).map(({ txn_id: _, ...event }) => ({ ...event, ...amended.get(event.n ?? 0) }));
  }

  sync(person: string, after: string | null, limit: number, cursor: string | null = null): Sync {
    const since = positionOf(after);
    if (since === 0 || since > this.#lines.length || cursor !== null) return this.#snapshot(person, cursor);
    const lines = this.#lines.filter((line) => line.pos > since && this.#concerns(person, line));
    const page = lines.slice(0, limit);
    const more = lines.length > limit;
    const events = page.map((line): Event => {
      const { n, room } = line.event;
      return { ...this.#told(person, line), ...(typeof n === "number" ? this.room(room ?? "").amended.get(n) : {}) };
    });
    return { pos: cursorAt(more ? (page.at(-1)?.pos ?? since) : this.#lines.length), events, more };
  }

  #snapshot(person: string, cursor: string | null): Sync {
    const [pos = 0, from = 0] = (cursor ?? `${this.#lines.length}.0`).split(".").map(Number);
    const mine = [...this.rooms.values()].filter((room) => room.members.has(person));
    const to = from + this.snapshotPage;
    const events = mine.slice(from, to).map((room): Event => ({ type: "room", at: this.now(), room: room.id, state: { ...this.#view(person, room, false) } }));
    const more = to < mine.length;
    return { pos: cursorAt(pos), events, more, snapshot: true, ...(more ? { cursor: `${pos}.${to}` } : {}) };
  }

  listen(token: string | null, path: string, send: (text: string) => void, close: (code: number) => void): Stream | null {
    const person = this.sessions.get(token ?? "");
    if (person === undefined || this.#wantedFirst(person) !== null) return null;
    const cursor = new URL(path, "http://gchat.test").searchParams.get("since");
    const listener: Listener = { person, live: false, watching: [], send, close };
    return {
      attach: () => {
        const { pos, events } = this.sync(person, cursor, 100_000);
        if (pos !== cursor) send(JSON.stringify({ pos, events }));
        listener.live = true;
        this.#listeners.add(listener);
      },
      detach: () => void this.#listeners.delete(listener),
      hear: (text) => this.#hear(listener, JSON.parse(text) as Frame),
    };
  }

  #hear(listener: Listener, frame: Frame): void {
    if (frame.type === "ping") listener.send(JSON.stringify({ pong: this.now() }));
    if (frame.type === "receipt") this.read(listener.person, frame.room, frame.upto, frame.first);
    if (frame.type === "watch") listener.watching = frame.rooms;
    if (frame.type === "typing") this.typing(listener.person, frame.room);
    if (frame.type === "send") this.#hearMessage(listener, frame);
  }

  /** A message is answered before anybody hears of it. */
  #hearMessage(listener: Listener, frame: Frame): void {
    const { person, send } = listener;
    this.calls.push(`SEND /rooms/${frame.room}/messages`);
    const later: string[] = [];
    listener.send = (text) => void later.push(text);
    const { status, body } = this.#outside(person, frame.room) ?? this.#post(person, frame.room, frame);
    listener.send = send;
    const wait = this.busy === null ? {} : { retry_after: this.busy.retryAfter };
    send(JSON.stringify({ txn_id: frame.txn_id, ...(body as object), ...(status < 300 ? {} : { status, ...wait }) }));
    for (const text of later) send(text);
  }

  // --- HTTP ------------------------------------------------------------------------------------------------------

  /** `carried`: so much of a body of bytes has come when the line was cut within it. */
  handle(token: string | null, method: string, path: string, init: RequestInit, carried = 1): Answer {
    const url = new URL(path, "http://gchat.test");
    const route = url.pathname.replace("/api/v1", "");
    this.calls.push(`${method} ${route}${url.search}`);
    const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Record<string, unknown>;
    if (route === "/login") return this.#login(body);
    if (route === "/agency") return { status: 200, body: { name_th: "กรมทดสอบ", name_en: "Test Department", helpdesk: {} } };
    const person = this.sessions.get(token ?? "");
    if (person === undefined) return refuse(401, this.ends.get(token ?? "") ?? "unauthenticated");
    const csrf = (init.headers as Record<string, string>)["X-CSRF-Token"];
    if (method !== "GET" && csrf !== csrfOf(person)) return refuse(403, "csrf");
    if (route.startsWith("/uploads")) {
      const bytes = init.body instanceof Uint8Array ? init.body.subarray(0, Math.floor(init.body.length * carried)) : null;
      const canned = this.canned.get(`${method} /uploads`)?.({ person, query: url.searchParams, body });
      return canned ?? this.uploads.handle(person, method, route.split("/")[2] ?? "", new Headers(init.headers), bytes);
    }
    const call = { person, query: url.searchParams, body };
    return this.canned.get(`${method} ${route}`)?.(call) ?? this.#own(token ?? "", call, route) ?? this.#route(call, method, route.split("/").slice(1));
  }

  /** What concerns the session itself; all else is for those who have done what is wanted first. */
  #own(token: string, { person, body }: Call, route: string): Answer | null {
    if (route === "/me") return { status: 200, body: this.#me(person) };
    if (route === "/terms") {
      this.terms.accepted.set(person, body["version"] as number);
      return { status: 200, body: {} };
    }
    if (route === "/logout") {
      this.sessions.delete(token);
      if (![...this.sessions.values()].includes(person)) this.revoke(person); // its streams end with the session
      return { status: 204, cookie: null };
    }
    if (route === "/password") {
      this.mustChange.delete(person);
      return { status: 204 };
    }
    const first = this.#wantedFirst(person);
    return first === null ? null : refuse(403, first);
  }

  /** What the person has to do before anything else (`appliance/web/preconditions.py`). */
  #wantedFirst(person: string): "must_change_password" | "terms_not_accepted" | null {
    if (this.mustChange.has(person)) return "must_change_password";
    return (this.terms.accepted.get(person) ?? 0) < this.terms.version ? "terms_not_accepted" : null;
  }

  #me(person: string): Me {
    const terms = { version: this.terms.version, accepted: this.terms.accepted.get(person) ?? null };
    const settings = { must_change_password: this.mustChange.has(person), contact_mode: "normal", shortest_password: 12, server_version: "0.0.0", files: { largest: 1_000_000_000, blocked: { program: ["exe"] } } };
    return { person: { id: person, ...this.#names(person) }, roles: ["member"], unit: null, terms, csrf: csrfOf(person), ...settings };
  }

  #login(body: Record<string, unknown>): Answer {
    const person = `p_${String(body["user"])}`;
    if (!this.people.has(person) || body["password"] !== "correct") return refuse(401, "wrong_credentials");
    const token = `t_${++this.#id}`;
    this.sessions.set(token, person);
    return { status: 200, body: { token, expires: this.now() + 1e9, person: this.#me(person).person, csrf: csrfOf(person) }, cookie: token };
  }

  #route({ person, query, body }: Call, method: string, [kind, id = "", what, n, , emoji = ""]: string[]): Answer {
    if (kind === "sync") return { status: 200, body: this.sync(person, query.get("since"), Number(query.get("limit")), query.get("cursor")) };
    if (kind === "people" && method === "POST") return this.#writeTo(person, id, body);
    if (kind === "people") return { status: 200, body: { person: { id, ...this.#names(id) } } };
    if (kind === "rooms" && id === "") {
      const made = this.createRoom(person, body["name"] as string, body["members"] as string[], body["kind"] as string);
      return { status: 201, body: { room: this.#view(person, this.room(made), true) } };
    }
    const outside = this.#outside(person, id);
    if (outside !== null) return outside;
    if (what === undefined) return { status: 200, body: { room: this.#view(person, this.room(id), true) } };
    if (what !== "messages") return refuse(404, "not_found");
    if (n !== undefined) {
      this.react(person, id, Number(n), decodeURIComponent(emoji), method === "PUT");
      return { status: 204 };
    }
    return method === "POST" ? this.#post(person, id, body as unknown as Message) : this.#page(this.room(id), query);
  }

  #outside(person: string, room: string): Answer | null {
    const found = this.rooms.get(room);
    return found === undefined ? refuse(404, "not_found") : found.members.has(person) ? null : refuse(403, "not_a_member");
  }

  #writeTo(person: string, other: string, body: Record<string, unknown>): Answer {
    const known = [...this.rooms.values()].find(({ kind, members }) => kind === "direct" && members.has(person) && members.has(other));
    const room = known?.id ?? this.createRoom(person, null, [other], "direct");
    return { status: 201, body: { room, ...(this.#post(person, room, body as unknown as Message).body as object) } };
  }

  #post(person: string, room: string, { txn_id, body, reply_to, files = [] }: Message): Answer {
    if (this.busy !== null) return refuse(this.busy.status, this.busy.code);
    if (body.text.length > 20_000) return refuse(413, "too_large");
    const known = this.room(room).entries.find((event) => event.sender === person && event.txn_id === txn_id);
    const refused = known === undefined ? this.#unsendable(person, files) : null;
    if (refused !== null) return refused;
    const carried = files.map((id) => this.#carried(id));
    const extra = { txn: txn_id, ...(known === undefined && files.length > 0 ? { files: carried } : {}), ...(body.mentions ? { mentions: body.mentions } : {}), ...(typeof reply_to === "number" ? { reply_to } : {}) };
    const agency = this.ordered.get(room);
    if (known === undefined && agency !== undefined) {
      const waits = this.#waiting.find((one) => one.person === person && one.extra.txn === txn_id) ?? { person, room, text: body.text, extra, id: `e_w${++this.#id}` };
      if (!this.#waiting.includes(waits)) this.#waiting.push(waits);
      return { status: 201, body: { id: waits.id, at: this.now(), waiting_for: agency } };
    }
    const { n, id, at } = known ?? this.send(person, room, body.text, extra);
    return { status: 201, body: { n, id, at } };
  }

  /** The other agency orders what waits for it in a room. */
  order(room: string): void {
    for (const { person, text, extra } of this.#waiting.splice(0)) this.send(person, room, text, extra);
  }

  /** The other agency refuses what waits for it in a room. */
  refuseOrdered(room: string, code: string): void {
    for (const { person, extra } of this.#waiting.splice(0)) this.tellPerson(person, "message.refused", { room, txn_id: extra.txn, code });
  }

  #unsendable(person: string, files: readonly string[]): Answer | null {
    const uploads = files.map((id) => this.uploads.kept.get(id));
    if (uploads.some((upload) => upload?.person !== person)) return refuse(403, "file_not_yours");
    return uploads.some((upload) => upload?.state !== "ready") ? refuse(409, "file_not_ready") : null;
  }

  /** The upload as its message says it; as an upload it is no more. */
  #carried(id: string): FileView {
    const { name = "", type = "", form = "document" } = this.uploads.kept.get(id)?.said ?? {};
    const size = this.uploads.kept.get(id)?.size ?? 0;
    this.uploads.kept.delete(id);
    return { id, name, type, size, form: form as FileView["form"], state: "pending", variants: [] };
  }

  #page(room: Room, query: URLSearchParams): Answer {
    const limit = Number(query.get("limit") ?? 50);
    const size = room.entries.length;
    const [before, after, around] = ["before", "after", "around"].map((name) => (query.has(name) ? Number(query.get(name)) : undefined));
    if (after === undefined && around === undefined) {
      const last = Math.min(size, before ?? size) - 1;
      const first = Math.max(0, last - limit + 1);
      return { status: 200, body: { messages: this.#asItIs(room, first, last).reverse(), has_more: first > 0 } };
    }
    const first = after === undefined ? Math.max(0, (around ?? 0) - Math.floor(limit / 2)) : after + 1;
    const last = Math.min(size, first + limit) - 1;
    return { status: 200, body: { messages: this.#asItIs(room, first, last), has_more: last < size - 1 } };
  }
}

const csrfOf = (person: string): string => `csrf-${person}`;

/** What clients get for a position of the feed: nothing that can be computed with. */
const cursorAt = (pos: number): string => `at-${pos}`;
const positionOf = (cursor: string | null): number => Number(cursor?.slice(3) ?? 0);
