/**
 * The wire types of the staff API in the server's own names.
 *
 * `schema.ts` is generated from the OpenAPI document; this names what the core uses of it, and adds what no document
 * describes: queries and the frames of the stream taken together. Fields the server omits when they hold their default are
 * optional. Times are integer milliseconds since the epoch (UTC); ids are opaque strings.
 */
import type {
  BodyView,
  Edited,
  Event as WireEvent,
  EventsFrame as WireEventsFrame,
  FailedFrame,
  FileView,
  MembersChanged as WireMembersChanged,
  Messages as WireMessages,
  Ping,
  PongFrame,
  Reaction,
  Receipt,
  RoomView as WireRoomView,
  SecondFactorNeeded,
  Rooms as WireRooms,
  Send,
  SentFrame,
  Sync as WireSync,
  Typing,
  Watch,
} from "./schema";

export type {
  AgencyView,
  AnswerRemoval,
  AnswerSuggestion,
  AskRemoval,
  BodyView,
  CardView,
  ChangeMembers,
  CreateRoom,
  Departure,
  EditMessage,
  Edited,
  EntryEvent,
  ErrorAnswer,
  ErrorBody,
  FailedFrame,
  FileChanged,
  FileFacts,
  FileView,
  Found,
  History,
  Hit,
  Login,
  LoginDone,
  MarkUnread,
  Me,
  MeChange,
  MemberView,
  MembersSuggested,
  MyRequest,
  MyRequests,
  MyRoom,
  OwnPhoto,
  OwnSpace,
  PasskeyCredential,
  PasskeyNew,
  PasskeyOptions,
  PasskeyProof,
  PasskeyView,
  PasswordChange,
  PasswordOnly,
  People,
  Person,
  PersonView,
  PhotoChoice,
  PhotoJudgement,
  PhotosToJudge,
  PhotoToJudge,
  PongFrame,
  PostMessage,
  PostView,
  Posted,
  Reaction,
  Reader,
  Readers,
  ReceiptUpto,
  RecoveryCodes,
  RemovalRequested,
  RenameRoom,
  RequestsSeen,
  RoomAgency,
  RoomFile,
  RoomFiles,
  RoomOptions,
  SecondFactor,
  SecondFactorNeeded,
  SecondFactors,
  Send,
  SentFrame,
  SessionView,
  Sessions,
  SignIn,
  SignIns,
  Space,
  SuggestMembers,
  Suggested,
  Terms,
  TermsAccept,
  TermsState,
  TextBody,
  TotpCode,
  TotpSecret,
  TransferRoom,
  UnitRef,
  UnitView,
  Units,
  Unreader,
  UploadChanged,
  UploadView,
  Variant,
  Version,
  WriteTo,
  Written,
} from "./schema";

export type { WireEvent };

/** An event as far as its type does not matter: what any of them may have. `WireEvent` says which type has what. */
export interface Event {
  readonly type: string;
  readonly at: Millis;
  readonly room?: Id | null;
  readonly n?: Position | null;
  readonly id?: string | null;
  readonly txn_id?: TxnId | null;
  readonly sender?: Id | null;
  /** What a text has, where it is one: the body of another type has fields of its own. */
  readonly body?: (Partial<BodyView> & Readonly<Record<string, unknown>>) | null;
  readonly state?: Readonly<Record<string, unknown>> | null;
  readonly reply_to?: Position | null;
  readonly target?: Position | null;
  readonly hidden?: string | null;
  readonly edited?: Edited | null;
  readonly reactions?: Reaction[];
}

/** `T` with events whose type does not matter under `K`. */
type With<T, K extends keyof T, V> = Omit<T, K> & Record<K, V>;

export type RoomView = Omit<WireRoomView, "last"> & { last?: Event | null };
export interface Room {
  room: RoomView;
}
export type Rooms = With<WireRooms, "rooms", RoomView[]>;
export type MembersChanged = With<WireMembersChanged, "room", RoomView>;
export type Messages = With<WireMessages, "messages", Event[]>;
export type Sync = With<WireSync, "events", Event[]>;
export type EventsFrame = With<WireEventsFrame, "events", Event[]>;

/** How a file is shown. */
export type Form = FileView["form"];

export type Id = string;
export type TxnId = string;
export type Millis = number;
export type Position = number;
/** Where to go on in a list or in the feed: given back as it came, never compared but for being the same. */
export type Cursor = string;

export type Factor = SecondFactorNeeded["second_factor"][number];

export interface PeopleQuery {
  q?: string;
  unit?: Id | null;
  below?: boolean;
  cursor?: string | null;
  limit?: number;
}

/** At most one of `before`, `after` and `around`. */
export interface MessagesQuery {
  before?: Position | null;
  after?: Position | null;
  around?: Position | null;
  limit?: number;
}

/** Files of a form, the newest first. */
export interface RoomFilesQuery {
  form?: Form | null;
  cursor?: Cursor | null;
  limit?: number;
}

/** All must hold; `from` and `to` are times, the second excluded. */
export interface SearchQuery {
  q: string;
  room?: Id | null;
  sender?: Id | null;
  unit?: Id | null;
  from?: Millis | null;
  to?: Millis | null;
  has_link?: true | null;
  /** Messages that carry a file of this form, or any. */
  type?: Form | null;
  has_file?: true | null;
  cursor?: string | null;
  limit?: number;
}

export type ClientFrame = Ping | Typing | Receipt | Watch | Send;
export type ServerFrame = EventsFrame | SentFrame | FailedFrame | PongFrame;
