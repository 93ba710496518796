/**
 * The wire types of the staff API, in the server's own names (appliance/api/types).
 *
 * Owns shapes only. Fields the server omits when they hold their default are optional here. Times are integer
 * milliseconds since the epoch (UTC); ids are opaque strings.
 */

export type Id = string;
export type TxnId = string;
export type Millis = number;
export type Position = number;

export interface ErrorBody {
  code: string;
  message: string;
  field: string | null;
  request: string;
}
export interface ErrorAnswer {
  error: ErrorBody;
}

// --- directory -------------------------------------------------------------------------------------------------

export interface UnitRef {
  id: Id;
  name: string;
  name_en?: string | null;
}
export interface PostView {
  id: Id;
  title: string;
  unit: UnitRef;
  rank?: string | null;
  acting?: boolean;
  main?: boolean;
  until?: Millis | null;
}
export interface PersonView {
  id: Id;
  name: string;
  name_en?: string | null;
  title?: string | null;
  given_name?: string | null;
  family_name?: string | null;
  unit?: UnitRef | null;
  post?: string | null;
  rank?: string | null;
  posts?: PostView[];
  phone?: string | null;
  mobile?: string | null;
  email?: string | null;
  status?: string | null;
  active?: boolean;
  may_contact?: boolean | null;
}
export interface Person {
  person: PersonView;
}
export interface UnitView {
  id: Id;
  parent: Id | null;
  name: string;
  name_en?: string | null;
  kind: string;
  people: number;
  people_below: number;
}
export interface Units {
  units: UnitView[];
}
export interface PeopleQuery {
  q?: string;
  unit?: Id | null;
  below?: boolean;
  cursor?: string | null;
  limit?: number;
}
export interface People {
  people: PersonView[];
  cursor?: string | null;
}

// --- session ---------------------------------------------------------------------------------------------------

export type Factor = "totp" | "passkey";
export interface Login {
  user: string;
  password: string;
  device?: string;
}
export interface LoginDone {
  token: string;
  expires: Millis;
  person: PersonView;
  csrf: string;
  must_change_password?: boolean;
}
export interface SecondFactorNeeded {
  second_factor: Factor[];
  ticket: string;
  passkey_options?: Record<string, unknown> | null;
}
export interface SecondFactor {
  ticket: string;
  code?: string | null;
  passkey?: Record<string, unknown> | null;
}
export interface TotpSecret {
  secret: string;
  uri: string;
}
export interface TotpCode {
  code: string;
}
export interface PasswordOnly {
  password: string;
}
export interface PasskeyOptions {
  options: Record<string, unknown>;
}
export interface PasskeyNew {
  name: string;
  credential: Record<string, unknown>;
}
export interface PasskeyView {
  id: Id;
  name: string;
  created: Millis;
}
export interface SecondFactors {
  totp: boolean;
  passkeys: PasskeyView[];
}
export interface SessionView {
  id: Id;
  device: string;
  address: string;
  created: Millis;
  last_used: Millis;
  expires: Millis;
  current: boolean;
}
export interface Sessions {
  sessions: SessionView[];
}
export interface SignIn {
  at: Millis;
  device: string;
  address: string;
  outcome: string;
}
export interface SignIns {
  sign_ins: SignIn[];
}
export interface PasswordChange {
  old: string;
  new: string;
}
export interface TermsState {
  version: number;
  accepted: number | null;
}
export interface Me {
  person: PersonView;
  roles: string[];
  unit: UnitRef | null;
  terms: TermsState;
  csrf: string;
  must_change_password: boolean;
  contact_mode: string;
}
export interface MeChange {
  status?: string | null;
}
export interface Terms {
  version: number;
  title: string;
  text: string;
  effective: Millis;
  accepted?: number | null;
}
export interface TermsAccept {
  version: number;
}

// --- messages --------------------------------------------------------------------------------------------------

export interface TextBody {
  text: string;
  mentions?: Id[];
  everyone?: boolean;
}
export interface PostMessage {
  txn_id: TxnId;
  body: TextBody;
  type?: "text";
  reply_to?: Position | null;
}
export interface Posted {
  n: Position;
  id: string;
  at: Millis;
}
export interface EditMessage {
  txn_id: TxnId;
  body: TextBody;
}
export interface BodyView {
  text: string;
  mentions?: Id[];
  everyone?: boolean;
}
export interface Edited {
  n: Position;
  at: Millis;
}
export interface Reaction {
  emoji: string;
  people: Id[];
}
export interface Event {
  pos: Position;
  type: string;
  at: Millis;
  room?: Id | null;
  n?: Position | null;
  id?: string | null;
  sender?: Id | null;
  body?: BodyView | null;
  state?: Record<string, unknown> | null;
  reply_to?: Position | null;
  target?: Position | null;
  hidden?: string | null;
  edited?: Edited | null;
  reactions?: Reaction[];
}
export interface MessagesQuery {
  before?: Position | null;
  after?: Position | null;
  around?: Position | null;
  limit?: number;
}
export interface Messages {
  messages: Event[];
  has_more: boolean;
}
export interface Version {
  n: Position;
  at: Millis;
  body: BodyView;
}
export interface History {
  versions: Version[];
}
export interface ReceiptUpto {
  upto: Position;
}
export interface MarkUnread {
  n: Position;
}
export interface Reader {
  person: Id;
  at: Millis;
  name?: string | null;
  unit?: string | null;
}
export interface Unreader {
  person: Id;
  name?: string | null;
  unit?: string | null;
}
export interface Readers {
  read: Reader[];
  unread: Unreader[];
}

// --- rooms -----------------------------------------------------------------------------------------------------

export interface RoomOptions {
  owner_post?: Id | null;
}
export interface CreateRoom {
  txn_id: TxnId;
  kind: "direct" | "group";
  name?: string | null;
  members?: Id[];
  options?: RoomOptions;
}
export interface MemberView {
  person: Id;
  name: string;
  role: string;
  since: Position;
  unit?: string | null;
  post?: string | null;
  active?: boolean;
  read?: Position | null;
}
export interface RoomView {
  id: Id;
  kind: string;
  name: string | null;
  owner: Id;
  scope: string;
  role: string;
  member_count: number;
  created: Millis;
  size: Position;
  unread: number;
  mentions: number;
  read: Position;
  closed?: boolean;
  muted?: boolean;
  hidden?: boolean;
  cleared?: Position | null;
  unread_from?: Position | null;
  owner_post?: Id | null;
  last?: Event | null;
  members?: MemberView[];
  denied?: Record<string, string>;
}
export interface Room {
  room: RoomView;
}
export interface Rooms {
  rooms: RoomView[];
}
export interface RenameRoom {
  name: string;
  txn_id?: TxnId | null;
}
export interface ChangeMembers {
  txn_id: TxnId;
  add?: Id[];
  remove?: Id[];
}
export interface MembersChanged {
  added: Id[];
  removed: Id[];
  room: RoomView;
}
export interface TransferRoom {
  person: Id;
  txn_id?: TxnId | null;
}
export interface MyRoom {
  muted?: boolean | null;
  hidden?: boolean | null;
}
export interface AskRemoval {
  reason?: string;
}
export interface AnswerRemoval {
  outcome: "granted" | "refused";
  note?: string;
}
export interface RemovalRequest {
  id: Id;
  room: Id;
  person: Id;
  name: string;
  state: string;
  asked: Millis;
  reason?: string;
  answered?: Millis | null;
  answered_by?: Id | null;
  note?: string;
  escalated?: Millis | null;
}
export interface RemovalRequests {
  requests: RemovalRequest[];
}
export interface RemovalRequested {
  request: RemovalRequest;
}

// --- feed ------------------------------------------------------------------------------------------------------

export interface Sync {
  pos: Position;
  events: Event[];
  more: boolean;
}
export type ClientFrame =
  | { type: "ping" }
  | { type: "typing"; room: Id }
  | { type: "receipt"; room: Id; upto: Position }
  | { type: "send"; room: Id; txn_id: TxnId; body: TextBody; reply_to?: Position | null };
export interface EventsFrame {
  pos: Position;
  events: Event[];
}
export interface SentFrame {
  txn_id: string;
  n: Position;
  id: string;
  at: Millis;
}
export interface FailedFrame {
  error: ErrorBody;
  txn_id?: string | null;
}
export interface PongFrame {
  pong: Millis;
}
export type ServerFrame = EventsFrame | SentFrame | FailedFrame | PongFrame;
