/**
 * The client's core: everything but pixels. No DOM, no React, no words.
 *
 * Owns the composition of session, sync, outbox and stores, and who hears of what. Views use `Core` and the snapshot
 * types; every `Readable` fits `useSyncExternalStore(x.subscribe, x.snapshot)`. Calls reject with `CallError`.
 */

import { Account } from "./account";
import { Agency } from "./agency";
import { Api, PREFIX } from "./api";
import { Attachments } from "./attachments";
import { Clock } from "./clock";
import type { Tables } from "./db/tables";
import { Directory } from "./directory";
import { Drafts } from "./drafts";
import { Endpoints } from "./endpoints";
import { Feed, type Applied } from "./feed";
import { refusedFile } from "./fileLimits";
import { FileCache } from "./fileCache";
import { incomingOf } from "./incoming";
import { personOfNew } from "./newChats";
import { Outbox } from "./outbox";
import { People } from "./people";
import { Photos } from "./photos";
import { CHAT_KIND } from "./policy";
import type { LocalFile, Ports, TimerId } from "./ports";
import type { ClientFrame, Form, Id, Me, TxnId } from "./protocol";
import { ReaderMarks } from "./readers";
import { Requests } from "./requests";
import { RoomFileList } from "./roomFiles";
import { Rooms } from "./rooms";
import { Search } from "./search";
import { Sender } from "./sender";
import { Session } from "./session";
import type { Connection, Incoming, PersonId, RoomId, SessionState } from "./snapshots";
import { Store, type Readable } from "./store";
import { Sync } from "./sync";
import { Tabs, type TabMessage } from "./tabs";
import { Timeline } from "./timelineStore";
import { Transfers } from "./transfers";
import { Turns } from "./turns";
import { Typing } from "./typing";
import { Uploads } from "./uploads";
import { DeviceCache } from "./deviceCache";
import { Watching } from "./watching";

export type * from "./protocol";
export type * from "./ports";
export type * from "./snapshots";
export type { Account } from "./account";
export type { Agency } from "./agency";
export type { AttachOptions, Attachments, NotAttached } from "./attachments";
export type { Clock } from "./clock";
export type { Directory } from "./directory";
export type { Drafts } from "./drafts";
export type { FileCache } from "./fileCache";
export type { Outbox } from "./outbox";
export type { People } from "./people";
export type { Photos } from "./photos";
export type { ReaderMarks, ReadMark } from "./readers";
export type { Requests } from "./requests";
export type { RoomFileList } from "./roomFiles";
export type { Rooms } from "./rooms";
export type { Search } from "./search";
export type { Session } from "./session";
export type { Timeline } from "./timelineStore";
export type { Typing } from "./typing";
export type { Uploads } from "./uploads";
export { CallError, codeOf } from "./errors";
export { Store, type Readable } from "./store";

export interface CoreOptions {
  /** How long cached content outlives the last contact with the server (C4). Default 72 h. */
  readonly cacheLifeMs?: number;
  /** Positions kept per room for offline reading (C2). Default 500. */
  readonly keepPerRoom?: number;
}

const CACHE_LIFE_MS = 72 * 3_600_000;
const KEEP_PER_ROOM = 500;
/** How often the age of the cache is looked at. */
const WATCH_MS = 60_000;

export class Core {
  readonly clock: Clock;
  readonly session: Session;
  readonly rooms: Rooms;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  /** Files on their way, in drafts and in messages that wait. */
  readonly uploads: Uploads;
  readonly people: People;
  readonly directory: Directory;
  readonly readers: ReaderMarks;
  readonly typing: Typing;
  readonly account: Account;
  readonly photos: Photos;
  readonly agency: Agency;
  readonly search: Search;
  readonly fileCache: FileCache;
  readonly #endpoints: Endpoints;
  readonly #feed = new Feed();
  readonly #tabs: Tabs;
  readonly #sync: Sync;
  readonly #cache: DeviceCache;
  readonly #watching: Watching;
  readonly #connection: Store<Connection>;
  readonly #transfers: Transfers;
  readonly #timelines = new Map<RoomId, Timeline>();
  readonly #attachments = new Map<RoomId, Attachments>();
  readonly #incoming = new Set<(incoming: Incoming) => void>();
  readonly #keepPerRoom: number;
  readonly #tab: string;
  #me: PersonId = "";
  #heard = false;
  /** The room whose end is before the reader of this tab. */
  #end: RoomId | null = null;
  /** The server wants something of the person before anything else. */
  #held = false;
  #watch: TimerId | null = null;
  #unwatch: () => void = () => undefined;

  constructor(
    readonly ports: Ports,
    options: CoreOptions = {},
  ) {
    this.#keepPerRoom = options.keepPerRoom ?? KEEP_PER_ROOM;
    this.clock = new Clock(ports.time);
    const api = new Api(ports, this.clock);
    api.onContact = (served, asked) => {
      this.#heard = true;
      if (served && asked > this.#connection.snapshot().since) this.#wakeSync("answered");
    };
    this.#endpoints = new Endpoints(api);
    this.#cache = new DeviceCache(ports, options.cacheLifeMs ?? CACHE_LIFE_MS);
    this.#connection = new Store<Connection>({ kind: "connecting", since: ports.time.now() });
    this.#tabs = new Tabs(ports);
    this.#tab = ports.crypto.randomUUID();
    this.#sync = new Sync(ports, this.clock, this.#endpoints, this.#feed, {
      admitted: () => this.#admitted(),
      onConnection: (connection) => this.#connected(connection),
      onEnded: () => void this.session.endedByServer(),
    });
    this.#watching = new Watching((frame) => this.#sync.send(frame));
    this.people = new People(ports, this.#endpoints);
    this.directory = new Directory(this.#endpoints, this.people);
    this.readers = new ReaderMarks(this.#feed, this.#endpoints);
    this.account = new Account(this.#endpoints);
    this.photos = new Photos(ports.time, api, this.#endpoints);
    this.agency = new Agency(ports.settings, this.#endpoints);
    this.search = new Search(this.#endpoints, this.#feed);
    this.fileCache = new FileCache(this.clock.now, this.#endpoints);
    const turns = new Turns();
    this.drafts = new Drafts(turns);
    this.uploads = new Uploads(ports, turns, this.#tab);
    this.outbox = new Outbox(
      ports,
      new Sender(this.#endpoints, (frame) => this.#sync.post(frame), (error) => api.noteRefusal(error)),
      this.clock.now,
      (room) => this.#feed.record(room)?.next ?? 0,
      () => this.#connection.snapshot().kind === "online",
      turns,
      this.uploads,
    );
    this.typing = new Typing(ports, (frame) => this.#send(frame));
    this.rooms = this.#makeRooms();
    this.requests = new Requests(this.#endpoints);
    this.#transfers = new Transfers({
      ports,
      api,
      endpoints: this.#endpoints,
      uploads: this.uploads,
      roomOf: (room) => this.rooms.begunAs(room) ?? (personOfNew(room) === null ? room : null),
      answered: () => this.#connection.snapshot().kind === "online",
    });
    this.session = new Session(ports, api, this.#endpoints, this.#cache, {
      began: (me, tables) => this.#began(me, tables),
      ended: () => this.#ended(),
      unreachable: () => this.#unreachable(),
      formReady: () => this.agency.known(),
      announce: (message) => this.#tabs.post(message),
    });
    this.#connect();
  }

  get connection(): Readable<Connection> {
    return this.#connection;
  }

  /** One object per room while the session lasts. */
  timeline(room: RoomId): Timeline {
    const known = this.#timelines.get(room);
    if (known !== undefined) return known;
    const made = new Timeline(room, {
      feed: this.#feed,
      outbox: this.outbox,
      endpoints: this.#endpoints,
      tables: () => this.session.tables,
      me: () => this.#me,
      newTxn: () => this.ports.crypto.randomUUID(),
      keepPage: (page) => this.#toLeader({ kind: "page", page }),
      shown: () => this.#tellShown(),
    });
    this.#timelines.set(room, made);
    return made;
  }

  /** What is attached to the draft of a room; one object per room. */
  readonly attachments = (room: RoomId): Attachments => {
    const known = this.#attachments.get(room) ?? new Attachments(room, this.drafts, this.uploads, this.#refusedFile);
    this.#attachments.set(room, known);
    return known;
  };

  readonly #refusedFile = (room: RoomId, file: LocalFile): string | null => {
    const session = this.session.snapshot();
    const limits = session.kind === "signed_in" ? session.me.files : undefined;
    return this.rooms.room(room).snapshot()?.denied["attach"] ?? refusedFile(file, limits);
  };

  /** Where the bytes of a file, of a variant of one or of an own upload that is ready are read: a path of our own origin. */
  readonly fileUrl = (id: Id): string => `${PREFIX}/files/${encodeURIComponent(id)}`;

  /** The files of a room, of these forms. */
  roomFiles(room: RoomId, forms: readonly Form[]): RoomFileList {
    return new RoomFileList(room, forms, this.#endpoints, this.#feed);
  }

  /** Says whether the end of a room is before the reader, in a window that has the focus: what comes there is not unread. */
  watchEnd(room: RoomId, watched: boolean): void {
    if (watched === (this.#end === room)) return;
    this.#end = watched ? room : null;
    this.rooms.watchEnd(this.#tab, this.#end);
    this.#tabs.post({ kind: "end", tab: this.#tab, room: this.#end });
  }

  /** Takes an unsent message back into the draft of its room; false when it has left this device. */
  async takeBack(room: RoomId, txnId: TxnId): Promise<boolean> {
    return await this.outbox.take(txnId, (text) => this.drafts.takenBack(room, text));
  }

  /** What is worth a notification, in the leading tab only; the caller finds the words. */
  onIncoming(listener: (incoming: Incoming) => void): () => void {
    this.#incoming.add(listener);
    return () => this.#incoming.delete(listener);
  }

  /** Reads the cache, asks who we are and begins to sync. Resolves when it is known whether somebody is signed in. */
  async start(): Promise<void> {
    this.#watch = this.ports.time.setTimeout(this.#look, WATCH_MS);
    this.#unwatch = this.ports.visibility.subscribe(() => {
      this.#tellShown();
      if (this.ports.visibility.visible()) this.#wakeSync("looked");
      void this.#checkAge();
    });
    void this.agency.refresh();
    await this.session.start();
  }

  /** Lets go of the line and the lock; the cache stays for the next start. */
  stop(): void {
    if (this.#watch !== null) this.ports.time.clearTimeout(this.#watch);
    this.#unwatch();
    this.#transfers.close();
    this.#tabs.close();
  }

  // --- composition -----------------------------------------------------------------------------------------------

  #makeRooms(): Rooms {
    return new Rooms({
      ports: this.ports,
      feed: this.#feed,
      endpoints: this.#endpoints,
      people: this.people,
      me: () => this.#me,
      leading: () => this.#tabs.leading,
      send: (frame) => this.#sync.send(frame),
      pending: this.outbox.pending,
      viewed: (view) => this.#toLeader({ kind: "viewed", view }),
      read: (room, shown) => this.#toLeader({ kind: "read", room, shown }),
    });
  }

  #connect(): void {
    this.#feed.announce = (message) => this.#tabs.post({ kind: "feed", message });
    this.#feed.onStale = (room) => this.rooms.refreshSoon(room);
    this.#feed.onApplied((applied) => this.#applied(applied));
    this.#feed.rooms.subscribe(() => {
      this.#settleChats();
      this.#refreshTimelines();
    });
    this.outbox.begin = async (person) => void (await this.rooms.create(CHAT_KIND, null, [person]));
    this.outbox.began = (room) => this.rooms.arrive(room);
    this.outbox.pending.subscribe(() => this.#refreshTimelines());
    this.outbox.announce = (sent) => this.#tabs.post(sent === null ? { kind: "outbox" } : { kind: "sent", ...sent });
    this.#connection.subscribe(() => {
      if (this.#connection.snapshot().kind === "online") void this.requests.load().catch(() => undefined);
    });
    this.session.subscribe(() => this.#sessionChanged());
    this.requests.onNews = (news) => this.#tell({ kind: "requests", news });
    this.uploads.list.subscribe(() => this.outbox.showFiles());
    this.uploads.announce = (rows, over) => this.#tabs.post({ kind: "uploads", rows, over });
    this.uploads.announceTab = (files) => this.#tabs.post({ kind: "files", ...files });
    this.drafts.announce = (room, draft) => this.#tabs.post({ kind: "draft", room, draft });
    this.#tabs.onMessage = (message) => this.#onMessage(message);
  }

  async #began(me: Me, tables: Tables): Promise<void> {
    this.#me = me.person.id;
    this.people.learnProfiles([me.person]);
    await this.#feed.open(tables, this.#me);
    await this.people.open(tables);
    await this.drafts.open(tables);
    await this.uploads.open(tables);
    await this.outbox.open(tables);
    await this.search.open(tables);
    this.fileCache.open(tables);
    await this.requests.open(tables);
    if (this.session.tables !== tables) return;
    this.#transfers.open(tables);
    this.rooms.setLoaded(this.#feed.known);
    this.#tabs.runForLeader(!tables.shared, (signal) => this.#lead(signal));
    this.#tabs.post({ kind: "hello" });
  }

  async #lead(signal: AbortSignal): Promise<void> {
    await this.#feed.takeOver();
    await this.#feed.trim(this.#keepPerRoom);
    if (signal.aborted) return;
    await this.outbox.reload();
    this.outbox.lead(true);
    void this.uploads.sweep().then((ids) => this.#transfers.check(ids), () => undefined);
    this.uploads.forgetTabs();
    this.#tabs.post({ kind: "hello" });
    this.#transfers.lead(true);
    try {
      await this.#sync.run(signal);
    } finally {
      this.#transfers.lead(false);
      this.outbox.lead(false);
    }
  }

  #ended(): void {
    this.#tabs.stepDown();
    this.#me = "";
    this.#feed.close();
    this.people.close();
    this.drafts.close();
    this.#transfers.close();
    this.uploads.close();
    this.outbox.close();
    this.search.close();
    this.fileCache.close();
    this.requests.close();
    this.typing.clear();
    this.rooms.reset();
    this.#end = null;
    this.#timelines.clear();
    this.#watching.clear();
    this.#connection.set({ kind: "connecting", since: this.clock.now() });
  }

  #unreachable(): void {
    if (this.#connection.snapshot().kind === "offline") return;
    this.#connection.set({ kind: "offline", since: this.clock.now(), retryAt: null });
  }

  // --- hearing ---------------------------------------------------------------------------------------------------

  #applied(applied: Applied): void {
    this.people.learnEvents(applied.events);
    this.typing.onEvents(applied.events, this.#me);
    this.fileCache.onApplied(applied);
    this.uploads.onEvents(applied.events);
    if (applied.gone.length > 0) void this.uploads.leaveRooms(applied.gone).catch(() => undefined);
    this.outbox.onEvents(applied.events, applied.gone, this.#me, (room, unsent) => this.drafts.rescued(room, unsent));
    const tell = applied.live && this.#tabs.leading;
    this.requests.onEvents(applied.events, tell);
    // A photograph that was approved is on our own card at once.
    if (this.photos.onEvents(applied.events)) void this.people.load(this.#me).catch(() => undefined);
    for (const timeline of this.#timelines.values()) timeline.onApplied(applied);
    if (applied.reset && this.#feed.known) this.rooms.setLoaded(true);
    if (!tell) return;
    for (const incoming of incomingOf(applied, this.#feed.rooms.snapshot(), this.#me)) this.#tell(incoming);
  }

  #tell(incoming: Incoming): void {
    for (const listener of [...this.#incoming]) listener(incoming);
  }

  /** Chats that have begun, here or elsewhere: what waits or is being written in them goes on in their rooms. */
  #settleChats(): void {
    const waiting = this.outbox.pending.snapshot().map(({ room }) => room);
    for (const chat of new Set([...waiting, ...this.drafts.begun()])) {
      const room = this.rooms.begunAs(chat);
      if (room === null) continue;
      this.drafts.move(chat, room);
      void this.outbox.move(chat, room).catch(() => undefined);
    }
    this.#transfers.wake();
  }

  #refreshTimelines(): void {
    for (const timeline of this.#timelines.values()) timeline.refresh();
  }

  #onMessage(message: TabMessage): void {
    if (message.kind === "ended") return this.session.endedElsewhere(message.reason);
    if (message.kind === "began") return void this.session.begunElsewhere();
    const { tables } = this.session;
    if (tables === null || !tables.shared) return;
    switch (message.kind) {
      case "feed":
        if (!this.#tabs.leading) void this.#feed.follow(message.message).catch(() => undefined);
        return;
      case "connection":
        if (!this.#tabs.leading) this.#connection.set(message.connection);
        return;
      case "hello":
        if (this.#tabs.leading) this.#tabs.post({ kind: "connection", connection: this.#connection.snapshot() });
        this.uploads.tellTab();
        return this.#tellShown();
      case "watching":
        return this.#onShown(message.tab, message.rooms);
      case "end":
        return this.rooms.watchEnd(message.tab, message.room);
      case "outbox":
        return void this.outbox.follow(null);
      case "sent":
        return void this.outbox.follow(message);
      case "draft":
        return this.drafts.follow(message.room, message.draft);
      case "uploads":
        return this.uploads.follow(message.rows, message.over);
      case "files":
        return this.uploads.followTab(message);
      case "viewed":
      case "page":
      case "read":
      case "typing":
      case "wake":
        if (this.#tabs.leading) this.#serve(message);
    }
  }

  #toLeader(message: LeaderMessage): void {
    if (this.#tabs.leading) this.#serve(message);
    else this.#tabs.post(message);
  }

  /** Does what any tab asks of the leading one. What fails here is asked of the server again when it is next needed. */
  #serve(message: LeaderMessage): void {
    switch (message.kind) {
      case "viewed":
        return void this.#feed.viewed(message.view).catch(() => undefined);
      case "page":
        return void this.#feed.keepPage(message.page).catch(() => undefined);
      case "read":
        return void this.rooms.noteRead(message.room, message.shown).catch(() => undefined);
      case "typing":
        return void this.#sync.send({ type: "typing", room: message.room });
      case "wake":
        return message.why === "looked" ? this.#sync.retryNow() : this.#sync.hurry();
    }
  }

  /**
   * The server has answered, or somebody looks: the leading tab, which may be hidden and waiting for half a minute, tries
   * now. Messages that go out while the page says «offline» would look unsent.
   */
  #wakeSync(why: "looked" | "answered"): void {
    if (this.#connection.snapshot().kind === "offline") this.#toLeader({ kind: "wake", why });
  }

  /** Tells whether the server lets the sync in, as far as the session knows; where it does not, it is asked once more. */
  async #admitted(): Promise<boolean> {
    if (isHeld(this.session.snapshot())) await this.session.refresh();
    return !isHeld(this.session.snapshot());
  }

  /** The sync goes on at once when what the server wanted is done, and not whenever the session was asked. */
  #sessionChanged(): void {
    const before = this.#held;
    this.#held = isHeld(this.session.snapshot());
    if (before && !this.#held) this.#sync.admit();
  }

  /** Says which rooms this tab has on its screen: to the other tabs, and to the server when it leads. */
  #tellShown(): void {
    const open = [...this.#timelines].filter(([, timeline]) => timeline.isOpen).map(([room]) => room);
    const rooms = this.ports.visibility.visible() ? open.filter((room) => personOfNew(room) === null) : [];
    this.#tabs.post({ kind: "watching", tab: this.#tab, rooms });
    this.#onShown(this.#tab, rooms);
  }

  #onShown(tab: string, rooms: readonly RoomId[]): void {
    this.#watching.noteTab(tab, rooms);
    if (this.#tabs.leading) this.#watching.tell({ anew: false });
  }

  #send(frame: ClientFrame): boolean {
    if (this.#tabs.leading) return this.#sync.send(frame);
    if (frame.type === "typing") this.#tabs.post({ kind: "typing", room: frame.room });
    return frame.type === "typing";
  }

  #connected(connection: Connection): void {
    const before = this.#connection.snapshot().kind;
    this.#connection.set(connection);
    this.#tabs.post({ kind: "connection", connection });
    if (connection.kind === "online") this.#watching.tell({ anew: true });
    if (connection.kind !== "online" || before === "online") return;
    this.outbox.lineIsBack();
    this.#transfers.retryNow();
    void this.rooms.sendReads().catch(() => undefined);
    void this.session.refresh();
    for (const [room, record] of this.#feed.rooms.snapshot()) if (record.stale) this.rooms.refreshSoon(room);
  }

  // --- the age of the cache (C4) ---------------------------------------------------------------------------------

  readonly #look = (): void => {
    this.#watch = this.ports.time.setTimeout(this.#look, WATCH_MS);
    void this.#checkAge();
  };

  async #checkAge(): Promise<void> {
    const { tables } = this.session;
    if (tables === null) return;
    const heard = this.#heard || (this.#tabs.leading && this.#connection.snapshot().kind === "online");
    this.#heard = false;
    if (heard) return await this.#cache.touch(tables).catch(() => undefined);
    const expired = await this.#cache.expired(tables).catch(() => true);
    if (expired && this.session.tables === tables) await this.session.end("stale");
  }
}

/** True while terms have to be accepted or a password changed: every other call is refused. */
function isHeld({ kind }: SessionState): boolean {
  return kind === "terms" || kind === "password_change";
}

type LeaderMessage = Extract<TabMessage, { kind: "viewed" | "page" | "read" | "typing" | "wake" }>;
