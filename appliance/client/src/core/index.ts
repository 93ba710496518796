/**
 * The client's core: everything but pixels. No DOM, no React, no words.
 *
 * Owns the composition of session, sync, outbox, stores. Views use `Core` and the snapshot types; every
 * `Readable` fits `useSyncExternalStore(x.subscribe, x.snapshot)`. Calls reject with `CallError`.
 */

import type {
  AnswerRemoval,
  CreateRoom,
  Id,
  MeChange,
  MembersChanged,
  Millis,
  PasskeyOptions,
  PasskeyView,
  People as PeoplePage,
  PeopleQuery,
  PersonView,
  Position,
  Readers as ReadersAnswer,
  RemovalRequest,
  RoomOptions,
  SecondFactors,
  SessionView,
  SignIn,
  Terms,
  TotpSecret,
  TxnId,
  UnitView,
  Version,
} from "./protocol";
import type { Ports } from "./ports";
import type {
  Connection,
  DraftText,
  Incoming,
  PendingItem,
  PersonCard,
  PersonId,
  RoomId,
  RoomList,
  RoomSnapshot,
  SessionState,
  TimelineSnapshot,
} from "./snapshots";
import type { Readable } from "./store";

export type * from "./protocol";
export type * from "./ports";
export type * from "./snapshots";
export { Store, type Readable } from "./store";

/**
 * Why a call failed. `offline`: the server was not reached (code `offline`); `refused`: the server said no, `code`
 * and `message` (the caller's language, safe to show) say why; `broken`: the server failed or answered nonsense.
 */
export declare class CallError extends Error {
  readonly kind: "offline" | "refused" | "broken";
  readonly code: string;
  readonly status: number;
  readonly field: string | null;
  readonly request: string | null;
  /** Milliseconds to wait before trying again, when the server said so. */
  readonly retryAfter: number | null;
}

export interface CoreOptions {
  /** How long cached content outlives the last contact with the server (C4). Default 72 h. */
  readonly cacheLifeMs?: number;
  /** Messages kept per room for offline reading (C2). Default 500. */
  readonly keepPerRoom?: number;
}

export declare class Core {
  constructor(ports: Ports, options?: CoreOptions);
  readonly ports: Ports;
  readonly clock: Clock;
  readonly session: Session;
  readonly connection: Readable<Connection>;
  readonly rooms: Rooms;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly people: People;
  readonly directory: Directory;
  readonly readers: ReaderMarks;
  readonly typing: Typing;
  readonly account: Account;
  /** One object per room while the session lasts. */
  timeline(room: RoomId): Timeline;
  /** Messages worth a notification, in the leading tab only; the caller finds the words. */
  onIncoming(listener: (incoming: Incoming) => void): () => void;
  /** Reads the cache, asks who we are and begins to sync. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Clock {
  /** Server time, ms since the epoch. */
  now(): Millis;
  /** Server minus local clock, ms. */
  readonly offset: Readable<number>;
}

export interface Session extends Readable<SessionState> {
  /** `remember: false` is the shared-PC mode: nothing is written to this device. */
  login(user: string, password: string, options?: { device?: string; remember?: boolean }): Promise<void>;
  secondFactor(proof: { code: string } | { passkey: Record<string, unknown> }): Promise<void>;
  cancelSecondFactor(): void;
  acceptTerms(version: number): Promise<void>;
  readTerms(): Promise<Terms>;
  changePassword(old: string, next: string): Promise<void>;
  changeMe(change: MeChange): Promise<void>;
  /** Ends the session here and destroys everything this device holds, even when the server is out of reach. */
  logout(): Promise<void>;
}

export interface Rooms {
  readonly list: Readable<RoomList>;
  /** Removal requests that wait for the caller's answer, and the caller's own (F41). */
  readonly requests: Readable<readonly RemovalRequest[]>;
  room(id: RoomId): Readable<RoomSnapshot | null>;
  /** Reads the room with its members from the server. */
  load(id: RoomId): Promise<void>;
  create(kind: CreateRoom["kind"], name: string | null, members: readonly PersonId[], options?: RoomOptions): Promise<RoomId>;
  rename(id: RoomId, name: string): Promise<void>;
  close(id: RoomId): Promise<void>;
  changeMembers(id: RoomId, add: readonly PersonId[], remove: readonly PersonId[]): Promise<MembersChanged>;
  transfer(id: RoomId, to: PersonId): Promise<void>;
  setMuted(id: RoomId, muted: boolean): Promise<void>;
  setHidden(id: RoomId, hidden: boolean): Promise<void>;
  /** Hides the conversation so far, for the caller only (F19). */
  clear(id: RoomId): Promise<void>;
  /** Cumulative and never backwards; kept and sent later when offline. */
  markRead(id: RoomId, upto: Position): void;
  markUnread(id: RoomId, from: Position): Promise<void>;
  askRemoval(id: RoomId, reason: string): Promise<RemovalRequest>;
  removalRequests(id: RoomId): Promise<readonly RemovalRequest[]>;
  answerRemoval(id: RoomId, request: Id, answer: AnswerRemoval): Promise<void>;
}

export interface Timeline extends Readable<TimelineSnapshot> {
  /** Shows the cache at once, then the newest page (or the first unread). Counted: call `close` once for each. */
  open(): void;
  close(): void;
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>;
  /** Loads the surroundings of `n`; resolves when `n` is among the items. */
  jumpTo(n: Position): Promise<void>;
  jumpToNewest(): Promise<void>;
  edit(n: Position, text: DraftText): Promise<void>;
  retract(n: Position, reason: string): Promise<void>;
  /** Shown at once; taken back if the server refuses. */
  react(n: Position, emoji: string, on: boolean): Promise<void>;
  history(n: Position): Promise<readonly Version[]>;
}

export interface Outbox {
  /** Every unsent message of this device, oldest first. */
  readonly pending: Readable<readonly PendingItem[]>;
  /** Resolves when the message is safe on this device. */
  add(room: RoomId, text: DraftText): Promise<TxnId>;
  retry(txnId: TxnId): Promise<void>;
  remove(txnId: TxnId): Promise<void>;
}

export interface Drafts {
  draft(room: RoomId): Readable<DraftText>;
  set(room: RoomId, draft: DraftText): void;
}

export interface People {
  /** Asks the server for who is not known yet. */
  person(id: PersonId): Readable<PersonCard | null>;
  /** What is known now, without asking. */
  known(id: PersonId): PersonCard | null;
  /** Reads the profile afresh. */
  load(id: PersonId): Promise<PersonView>;
  /** Thai collation: leading vowels sort under their consonant (L6). */
  sort<T>(items: readonly T[], name: (item: T) => string): T[];
}

export interface Directory {
  units(): Promise<readonly UnitView[]>;
  search(query: PeopleQuery): Promise<PeoplePage>;
}

export interface ReadMark {
  readonly by: readonly PersonId[];
  readonly of: number;
}

export interface ReaderMarks {
  /** Who has read position `n`, from the members' marks; the sender is left out. */
  of(room: RoomId, n: Position, sender: PersonId): ReadMark;
  /** The full list with times, and who has not read it yet (F16). */
  load(room: RoomId, n: Position): Promise<ReadersAnswer>;
}

export interface Typing {
  /** Who is typing in the room now, ourselves left out. */
  in(room: RoomId): Readable<readonly PersonId[]>;
  /** Tells the others; sent at most every 3 s. */
  tell(room: RoomId): void;
}

export interface Account {
  sessions(): Promise<readonly SessionView[]>;
  endSession(id: Id): Promise<void>;
  signIns(): Promise<readonly SignIn[]>;
  secondFactors(): Promise<SecondFactors>;
  /** Starts TOTP: shows the secret; `confirmTotp` turns it on. */
  beginTotp(password: string): Promise<TotpSecret>;
  confirmTotp(code: string): Promise<void>;
  removeTotp(password: string): Promise<void>;
  beginPasskey(password: string): Promise<PasskeyOptions>;
  addPasskey(name: string, credential: Record<string, unknown>): Promise<PasskeyView>;
  removePasskey(id: Id, password: string): Promise<void>;
}
