/**
 * The wire types of the staff API in the server's own names.
 *
 * `schema.ts` is generated from the OpenAPI document; this names what the core uses of it, and adds what no document
 * describes: queries and the frames of the stream taken together. Fields the server omits when they hold their default are
 * optional. Times are integer milliseconds since the epoch (UTC); ids are opaque strings.
 */
import type {
  EventsFrame,
  FailedFrame,
  Ping,
  PongFrame,
  Receipt,
  SecondFactorNeeded,
  Send,
  SentFrame,
  Typing,
  Watch,
} from "./schema";

export type {
  AgencyView,
  AnswerRemoval,
  AnswerSuggestion,
  AskRemoval,
  BodyView,
  ChangeMembers,
  CreateRoom,
  Departure,
  EditMessage,
  Edited,
  ErrorAnswer,
  ErrorBody,
  Event,
  EventsFrame,
  FailedFrame,
  Found,
  History,
  Hit,
  Login,
  LoginDone,
  MarkUnread,
  Me,
  MeChange,
  MemberView,
  MembersChanged,
  MembersSuggested,
  Messages,
  MyRequest,
  MyRequests,
  MyRoom,
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
  Room,
  RequestsSeen,
  RoomOptions,
  RoomView,
  Rooms,
  SecondFactor,
  SecondFactorNeeded,
  SecondFactors,
  Send,
  SentFrame,
  SessionView,
  Sessions,
  SignIn,
  SignIns,
  SuggestMembers,
  Suggested,
  Sync,
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
  Version,
  WriteTo,
  Written,
} from "./schema";

export type Id = string;
export type TxnId = string;
export type Millis = number;
export type Position = number;

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

/** All must hold; `from` and `to` are times, the second excluded. */
export interface SearchQuery {
  q: string;
  room?: Id | null;
  sender?: Id | null;
  unit?: Id | null;
  from?: Millis | null;
  to?: Millis | null;
  has_link?: true | null;
  cursor?: string | null;
  limit?: number;
}

export type ClientFrame = Ping | Typing | Receipt | Watch | Send;
export type ServerFrame = EventsFrame | SentFrame | FailedFrame | PongFrame;
