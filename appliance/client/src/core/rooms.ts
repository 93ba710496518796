/**
 * The list of rooms, each room, and what their members and owners do with them (F19, F32 to F41).
 *
 * Owns the derived snapshots and the calls. Changes wait for the log: a call that succeeds shows nothing by itself, except
 * our own reading, which counts at once. `denied` is the server's, kept true by the twin of its rules (`roomState.ts`).
 */

import { CallError } from "./errors";
import type { Endpoints } from "./endpoints";
import type { Feed } from "./feed";
import { itemOf } from "./items";
import { newChat, personOfNew } from "./newChats";
import { inLanguage } from "./naming";
import type { People } from "./people";
import { CHAT_KIND, isCalledByOther, policyOf } from "./policy";
import type { Ports, TimerId } from "./ports";
import type {
  ClientFrame,
  CreateRoom,
  MembersChanged,
  MemberView,
  Position,
  RoomOptions,
  RoomView,
} from "./protocol";
import { without, type Range } from "./ranges";
import { joined, unreported } from "./reads";
import { pendingMark, unreadMark, type RoomRecord } from "./roomState";
import type { PendingItem, PersonId, RoomId, RoomList, RoomSnapshot, RoomSummary } from "./snapshots";
import { Store, type Readable } from "./store";
import { WatchedEnds } from "./watchedEnds";

const READ_AFTER_MS = 300;
const REFRESH_AFTER_MS = 300;
const ARRIVES_WITHIN_MS = 5_000;

export interface RoomsDeps {
  readonly ports: Ports;
  readonly feed: Feed;
  readonly endpoints: Endpoints;
  readonly people: People;
  readonly me: () => PersonId;
  readonly leading: () => boolean;
  readonly send: (frame: ClientFrame) => boolean;
  /** Our own unsent messages, oldest first. */
  readonly pending: Readable<readonly PendingItem[]>;
  /** Hands a view to the tab that writes. */
  readonly viewed: (view: RoomView) => void;
  /** Hands what was shown to us to the tab that writes. */
  readonly read: (room: RoomId, shown: readonly Range[]) => void;
}

export class Rooms {
  readonly #list = new Store<RoomList>({ loaded: false, rooms: [], hidden: [], unread: 0, mentions: 0 });
  readonly #rooms = new Map<RoomId, Store<RoomSnapshot | null>>();
  readonly #shown = new Map<RoomId, { record: RoomRecord; names: number; from: Position | null; summary: RoomSummary }>();
  readonly #marks = new Map<RoomId, TimerId>();
  /** What this tab has reported as shown. */
  readonly #reported = new Map<RoomId, readonly Range[]>();
  readonly #refreshing = new Map<RoomId, TimerId>();
  readonly #ends: WatchedEnds;
  #loaded = false;

  constructor(private readonly deps: RoomsDeps) {
    this.#ends = new WatchedEnds(deps.ports.time, () => this.#show());
    deps.feed.rooms.subscribe(() => this.#show());
    deps.people.changes.subscribe(() => this.#show());
    deps.pending.subscribe(() => {
      const shown = this.#list.snapshot().rooms.some(({ id }) => personOfNew(id) !== null);
      if (shown || this.#waiting().length > 0) this.#show();
    });
  }

  get list(): Readable<RoomList> {
    return this.#list;
  }

  room(id: RoomId): Readable<RoomSnapshot | null> {
    return this.#room(id);
  }

  /** Says whether the list is complete: the cache or the first snapshot is in. */
  setLoaded(loaded: boolean): void {
    this.#loaded = loaded;
    this.#show();
  }

  /** Forgets what waits: the session is over. */
  reset(): void {
    for (const timer of [...this.#marks.values(), ...this.#refreshing.values()]) this.deps.ports.time.clearTimeout(timer);
    this.#marks.clear();
    this.#reported.clear();
    this.#ends.clear();
    this.#refreshing.clear();
    this.setLoaded(false);
  }

  /** Reads the room with its members from the server. */
  async load(id: RoomId): Promise<void> {
    const person = personOfNew(id);
    // Of a chat that has not begun there is only the other person to ask about.
    if (person !== null) await this.deps.people.load(person);
    else this.#take((await this.deps.endpoints.room(id)).room);
  }

  /** Reads a room that has just come about; resolves when it is known here. */
  async arrive(id: RoomId): Promise<void> {
    await this.load(id);
    await this.#arrived(id);
  }

  /** The private chat with a person: the room there is, or the one that its first message makes. */
  chatWith(person: PersonId): RoomId {
    for (const { view } of this.deps.feed.rooms.snapshot().values()) {
      if (view.kind === CHAT_KIND && this.#titleOf(view).other === person) return view.id;
    }
    return newChat(person);
  }

  /** The room that a chat has become; null as long as it has not begun, and for a room. */
  begunAs(chat: RoomId): RoomId | null {
    const person = personOfNew(chat);
    const room = person === null ? chat : this.chatWith(person);
    return room === chat ? null : room;
  }

  async create(
    kind: CreateRoom["kind"],
    name: string | null,
    members: readonly PersonId[],
    options?: RoomOptions,
  ): Promise<RoomId> {
    const body: CreateRoom = { txn_id: this.#txn(), kind, members: [...members] };
    if (name !== null) body.name = name;
    if (options !== undefined) body.options = options;
    const { room } = await this.deps.endpoints.createRoom(body);
    this.#take(room);
    await this.#arrived(room.id);
    return room.id;
  }

  async rename(id: RoomId, name: string): Promise<void> {
    await this.deps.endpoints.renameRoom(id, { name, txn_id: this.#txn() });
  }

  async close(id: RoomId): Promise<void> {
    await this.deps.endpoints.closeRoom(id);
  }

  /** `reason` is told to those who are removed, and to nobody else. */
  async changeMembers(id: RoomId, add: readonly PersonId[], remove: readonly PersonId[], reason = ""): Promise<MembersChanged> {
    const body = { txn_id: this.#txn(), add: [...add], remove: [...remove], ...(reason === "" ? {} : { reason }) };
    const changed = await this.deps.endpoints.changeMembers(id, body);
    this.#take(changed.room);
    return changed;
  }

  async transfer(id: RoomId, to: PersonId): Promise<void> {
    await this.deps.endpoints.transferRoom(id, { person: to, txn_id: this.#txn() });
  }

  async setMuted(id: RoomId, muted: boolean): Promise<void> {
    await this.deps.endpoints.changeMyRoom(id, { muted });
  }

  async setHidden(id: RoomId, hidden: boolean): Promise<void> {
    await this.deps.endpoints.changeMyRoom(id, { hidden });
  }

  /** Keeps a room at the top of our list, on all our devices. */
  async setPinned(id: RoomId, pinned: boolean): Promise<void> {
    await this.deps.endpoints.changeMyRoom(id, { pinned });
  }

  /** Hides the conversation so far, for the caller only (F19). */
  async clear(id: RoomId): Promise<void> {
    await this.deps.endpoints.clearRoom(id);
  }

  /** Shows again what was cleared: nothing of it is gone. */
  async uncover(id: RoomId): Promise<void> {
    await this.deps.endpoints.uncoverRoom(id);
  }

  /** Reports everything unread of a room as read, because the reader says so; senders see it like any other reading. */
  async markAllRead(id: RoomId): Promise<void> {
    const record = this.deps.feed.record(id);
    if (record === undefined) return;
    this.markRead(id, unreadMark(record.view), record.view.size - 1);
    if (typeof record.view.unread_from === "number") await this.endUnreadMark(id);
  }

  /** Reports that positions `first` to `upto` were shown, and no others; kept and sent later when offline. */
  markRead(id: RoomId, first: Position, upto: Position): void {
    const record = this.deps.feed.record(id);
    if (record === undefined || upto >= record.view.size) return;
    const { read, members } = record.view;
    const reported = this.#reported.get(id) ?? [];
    const member = members?.find(({ person }) => person === this.deps.me());
    const shown: Range = [first, upto];
    const news = unreported(shown, { read, member, pending: record.pendingReads, reported });
    if (news.length === 0) return;
    this.#reported.set(id, joined(reported, news));
    this.deps.read(id, news);
  }

  /** A tab has the end of a room before its reader, or of none: what comes there is read, and is reported in a moment. */
  watchEnd(tab: string, id: RoomId | null): void {
    this.#ends.note(tab, id, id === null ? undefined : this.deps.feed.record(id));
    this.#show();
  }

  async markUnread(id: RoomId, from: Position): Promise<void> {
    await this.deps.endpoints.markUnread(id, { n: from });
  }

  async endUnreadMark(id: RoomId): Promise<void> {
    await this.deps.endpoints.endUnreadMark(id);
  }

  async suggestMembers(id: RoomId, people: readonly PersonId[], reason: string): Promise<void> {
    await this.deps.endpoints.suggestMembers(id, { people: [...people], reason });
  }

  // --- in the leading tab ----------------------------------------------------------------------------------------

  /** Keeps what was shown and sends it, a moment later so that scrolling makes one receipt and not a hundred. */
  async noteRead(id: RoomId, shown: readonly Range[]): Promise<void> {
    await this.deps.feed.change(id, (record) => withPending(record, joined(record?.pendingReads ?? [], shown)));
    if (this.#marks.has(id)) return;
    this.#marks.set(
      id,
      this.deps.ports.time.setTimeout(() => {
        this.#marks.delete(id);
        // The session may end over it: what was shown to somebody who is gone is of no use.
        void this.#sendRead(id).catch(() => undefined);
      }, READ_AFTER_MS),
    );
  }

  /** Sends what was shown without the server knowing yet: the line is back. */
  async sendReads(): Promise<void> {
    const waiting = [...this.deps.feed.rooms.snapshot().values()].filter(({ pendingReads }) => pendingReads.length > 0);
    for (const { view } of waiting) await this.#sendRead(view.id);
  }

  /** Asks for a room's view again soon: its entries came without it, or only the server can count. */
  refreshSoon(id: RoomId): void {
    if (!this.deps.leading() || this.#refreshing.has(id)) return;
    const run = async (): Promise<void> => {
      this.#refreshing.delete(id);
      // Offline, the room stays stale and is asked for with the next event or the next start.
      await this.load(id).catch(() => undefined);
    };
    this.#refreshing.set(id, this.deps.ports.time.setTimeout(() => void run(), REFRESH_AFTER_MS));
  }

  /** One receipt for each range: nothing is said of what lies between two. */
  async #sendRead(id: RoomId): Promise<void> {
    for (const [first, upto] of this.deps.feed.record(id)?.pendingReads ?? []) {
      if (this.deps.send({ type: "receipt", room: id, first, upto })) continue;
      try {
        await this.deps.endpoints.receipt(id, { first, upto });
      } catch (error) {
        if (!(error instanceof CallError) || error.passing) return; // sent again when the line is back
        await this.deps.feed.change(id, (record) => withPending(record, without(record?.pendingReads ?? [], [first, upto])));
      }
    }
  }

  // --- what views see --------------------------------------------------------------------------------------------

  #show(): void {
    const rooms = this.deps.feed.rooms.snapshot();
    for (const id of this.#shown.keys()) if (!rooms.has(id)) this.#shown.delete(id);
    for (const [id, store] of this.#rooms) this.#showRoom(id, store, rooms.get(id) ?? null);
    const begun = [...rooms.values()].map((record) => this.#summary(record));
    const all = [...begun, ...this.#waiting()].sort(byPinAndTime);
    const shown = all.filter((room) => rooms.get(room.id)?.view.hidden !== true);
    const loud = shown.filter((room) => !room.muted);
    const list: RoomList = {
      loaded: this.#loaded,
      rooms: shown,
      hidden: all.filter((room) => rooms.get(room.id)?.view.hidden === true),
      unread: loud.reduce((sum, room) => sum + room.unread, 0),
      mentions: loud.reduce((sum, room) => sum + room.mentions, 0),
    };
    if (!sameList(this.#list.snapshot(), list)) this.#list.set(list);
  }

  #showRoom(id: RoomId, store: Store<RoomSnapshot | null>, record: RoomRecord | null): void {
    const person = personOfNew(id);
    if (person !== null) return this.#showNewChat(id, person, store);
    if (record === null) return store.set(null);
    const { view } = record;
    const old = store.snapshot();
    const { title, other } = this.#titleOf(view);
    const { unread, mentions } = seen(record, this.#ends.take(record));
    if (old !== null && old.view === view && old.title === title && old.unread === unread && old.mentions === mentions) return;
    store.set({
      id: view.id,
      view,
      title,
      other,
      unread,
      mentions,
      firstUnread: unread > 0 ? Math.max(unreadMark(view), (pendingMark(record) ?? -1) + 1) : null,
      members: old !== null && old.view.members === view.members ? old.members : this.#ordered(view.members ?? []),
      membersLoaded: (view.members ?? []).length > 0,
      denied: view.denied ?? {},
    });
  }

  /** A chat that has not begun, as the room it would be. */
  #showNewChat(id: RoomId, person: PersonId, store: Store<RoomSnapshot | null>): void {
    const [me, card, old] = [this.deps.me(), this.deps.people.known(person), store.snapshot()];
    if (me === "") return store.set(null);
    const denied = card === null ? null : !card.active ? "person_not_active" : card.full?.may_contact === false ? "contact_not_allowed" : null;
    const title = card?.name ?? null;
    if (old !== null && old.title === title && (old.denied["post"] ?? null) === denied) return;
    const member = (one: PersonId, role: string): MemberView => ({ person: one, name: this.deps.people.known(one)?.name ?? "", role, since: 0 });
    const members = [member(me, "owner"), member(person, "member")];
    store.set({
      id,
      view: { id, kind: CHAT_KIND, name: null, owner: me, created: this.deps.ports.time.now(), member_count: 2, members, role: "owner", size: 0, read: -1, unread: 0, mentions: 0, scope: "local" },
      title,
      other: person,
      unread: 0,
      mentions: 0,
      firstUnread: null,
      members,
      membersLoaded: true,
      denied: denied === null ? {} : { post: denied },
    });
  }

  /** Chats whose first message waits to be sent, one line each: what was written there can be found again. */
  #waiting(): readonly RoomSummary[] {
    const newest = new Map(this.deps.pending.snapshot().map((item) => [item.room, item]));
    return [...newest.values()].flatMap((item) => {
      const other = personOfNew(item.room);
      if (other === null || this.begunAs(item.room) !== null) return [];
      const { text, mentions, everyone, at, key } = item;
      const sender = this.deps.me();
      const last = { kind: "message", type: "message.text", key, n: 0, id: "", sender, mine: true, at, text, mentions, everyone, mentionsMe: false, edited: null, hidden: null, reply: null, files: [], reactions: [], read: { by: 0, of: 0 } } as const;
      const title = this.deps.people.known(other)?.name ?? null;
      return [{ id: item.room, kind: CHAT_KIND, title, other, unread: 0, mentions: 0, muted: false, pinned: false, closed: false, marked: false, clearedAt: null, last, at }];
    });
  }

  /** The owner first, then in Thai order. */
  #ordered(members: readonly MemberView[]): readonly MemberView[] {
    const sorted = this.deps.people.sort(members, (member) => member.name);
    return [...sorted.filter((member) => member.role === "owner"), ...sorted.filter((member) => member.role !== "owner")];
  }

  #summary(record: RoomRecord): RoomSummary {
    const names = isCalledByOther(policyOf(record.view.kind)) ? this.deps.people.changes.snapshot() : 0;
    const known = this.#shown.get(record.view.id);
    const from = this.#ends.take(record);
    if (known !== undefined && known.record === record && known.names === names && known.from === from) return known.summary;
    const { view } = record;
    const { title, other } = this.#titleOf(view);
    const last = view.last ?? null;
    const summary: RoomSummary = {
      id: view.id,
      kind: view.kind,
      title,
      other,
      ...seen(record, from),
      muted: view.muted ?? false,
      pinned: view.pinned ?? false,
      closed: view.closed ?? false,
      marked: typeof view.unread_from === "number",
      last: last === null ? null : itemOf(last, { me: this.deps.me(), ...LIST_CONTEXT }),
      clearedAt: view.cleared_at ?? null,
      // Clearing leaves nothing to show, and the room where it was.
      at: last?.at ?? view.cleared_at ?? view.created,
    };
    this.#shown.set(view.id, { record, names, from, summary });
    return summary;
  }

  #titleOf(view: RoomView): { title: string | null; other: PersonId | null } {
    if (!isCalledByOther(policyOf(view.kind))) return { title: view.name, other: null };
    const other = (view.members ?? []).find((member) => member.person !== this.deps.me());
    if (other === undefined) return { title: view.name, other: null };
    return { title: this.deps.people.known(other.person)?.name ?? inLanguage(this.deps.people.language.snapshot(), other.name, other.name_en), other: other.person };
  }

  // --- small things ----------------------------------------------------------------------------------------------

  #room(id: RoomId): Store<RoomSnapshot | null> {
    const known = this.#rooms.get(id);
    if (known !== undefined) return known;
    const store = new Store<RoomSnapshot | null>(null);
    this.#rooms.set(id, store);
    this.#showRoom(id, store, this.deps.feed.record(id) ?? null);
    return store;
  }

  #take(view: RoomView): void {
    this.deps.people.learnMembers(view.members ?? []);
    this.deps.viewed(view);
  }

  /** Resolves when the room is known here, or after a while: another tab may have to write it first. */
  async #arrived(id: RoomId): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        off();
        this.deps.ports.time.clearTimeout(timer);
        resolve();
      };
      const look = (): void => {
        if (this.deps.feed.record(id) !== undefined) done();
      };
      const off = this.deps.feed.rooms.subscribe(look);
      const timer = this.deps.ports.time.setTimeout(done, ARRIVES_WITHIN_MS);
      look();
    });
  }

  #txn(): string {
    return this.deps.ports.crypto.randomUUID();
  }
}

function byPinAndTime(a: RoomSummary, b: RoomSummary): number {
  return Number(b.pinned) - Number(a.pinned) || b.at - a.at || (a.id < b.id ? -1 : 1);
}

/** What a list shows of a message needs neither quotes nor readers. */
const LIST_CONTEXT = {
  keyOf: String,
  quote: (n: Position) => ({ kind: "gone", n }) as const,
  readersOf: () => ({ by: 0, of: 0 }),
  ownReactions: [],
};

/** The counts as this person has seen to them, the server told or not; `from` on all is on their screen (`watchedEnds.ts`). */
function seen(record: RoomRecord, from: Position | null): { unread: number; mentions: number } {
  const { view, counts } = record;
  const mark = pendingMark(record);
  // What was marked as unread stays so, whoever looks at it.
  const shown = from === null || typeof view.unread_from === "number" ? Number.MAX_SAFE_INTEGER : from;
  const late = (positions: readonly Position[]): number => positions.filter((n) => n >= shown).length;
  const [unread, mentions] = [view.unread - late(counts.others), view.mentions - late(counts.mentioning)];
  if (mark === null) return { unread, mentions };
  const after = (positions: readonly Position[]): number => positions.filter((n) => n > mark && n < shown).length;
  if (mark + 1 >= counts.from) return { unread: after(counts.others), mentions: after(counts.mentioning) };
  // The server alone has counted what lies before `from`; there cannot be more unread than there are positions.
  const most = counts.from - mark - 1;
  return {
    unread: Math.min(unread, most + after(counts.others)),
    mentions: Math.min(mentions, most + after(counts.mentioning)),
  };
}

function withPending(record: RoomRecord | null, pendingReads: readonly Range[]): RoomRecord | null {
  return record === null || pendingReads === record.pendingReads ? record : { ...record, pendingReads };
}

function sameList(a: RoomList, b: RoomList): boolean {
  const same = (x: readonly RoomSummary[], y: readonly RoomSummary[]): boolean =>
    x.length === y.length && x.every((room, i) => room === y[i]);
  return a.loaded === b.loaded && same(a.rooms, b.rooms) && same(a.hidden, b.hidden);
}
